//! The platform's own objects for users and brands: they are passed on as they
//! came, and never taken apart.

use aftermatch_ports::model::{Author, Brand as ModelBrand, Profile, Room};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize, Serializer, de::IgnoredAny};
use serde_json::value::{RawValue, to_raw_value};

/// A user.
#[derive(Debug, Serialize)]
pub(crate) struct User<'a>(Object<'a>);

impl<'a> From<&'a Author> for User<'a> {
    fn from(author: &'a Author) -> Self {
        Self(Object {
            id: author.id.0,
            profile: &author.profile,
        })
    }
}

impl User<'_> {
    pub(crate) fn size_hint(&self) -> usize {
        self.0.profile.as_str().len()
    }
}

/// A brand.
#[derive(Debug, Serialize)]
pub(crate) struct Brand<'a>(Object<'a>);

impl<'a> From<&'a ModelBrand> for Brand<'a> {
    fn from(brand: &'a ModelBrand) -> Self {
        Self(Object {
            id: brand.id.0,
            profile: &brand.profile,
        })
    }
}

/// The brands of a room, in its order.
#[derive(Debug, Clone, Copy, JsonSchema)]
#[schemars(inline, with = "Vec<Brand<'static>>")]
pub(crate) enum Participants<'a> {
    Of(&'a Room),
    Ready(&'a ReadyParticipants),
}

impl Participants<'_> {
    pub(super) fn size_hint(&self) -> usize {
        match self {
            Self::Of(_) => 0,
            Self::Ready(ReadyParticipants(json)) => json.get().len(),
        }
    }
}

impl Serialize for Participants<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Of(room) => {
                let brands = room.participants.iter();
                serializer.collect_seq(brands.map(|brand| Brand::from(&**brand)))
            }
            Self::Ready(ReadyParticipants(json)) => json.serialize(serializer),
        }
    }
}

/// The JSON of a room's brands, which is the same for every event until the room's
/// revision changes.
#[derive(Debug)]
pub struct ReadyParticipants(Box<RawValue>);

impl ReadyParticipants {
    /// Writes the brands of `room`.
    #[must_use]
    pub fn of(room: &Room) -> Self {
        let json = to_raw_value(&Participants::Of(room));
        Self(json.unwrap_or_else(|_| RawValue::NULL.to_owned()))
    }
}

/// A profile as it came, with `id` in front where it has none of its own.
#[derive(Debug)]
struct Object<'a> {
    id: i64,
    profile: &'a Profile,
}

impl Serialize for Object<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let text = self.profile.as_str();
        if has_id(text)
            && let Ok(json) = serde_json::from_str::<&RawValue>(text)
        {
            return json.serialize(serializer);
        }
        self.with_id().serialize(serializer)
    }
}

impl Object<'_> {
    fn with_id(&self) -> Option<Box<RawValue>> {
        let text = self.profile.as_str().trim_start();
        let members = text.strip_prefix('{')?.trim_start();
        let comma = if members.starts_with('}') { "" } else { "," };
        RawValue::from_string(format!("{{\"id\":{}{comma}{members}", self.id)).ok()
    }
}

fn has_id(object: &str) -> bool {
    #[derive(Deserialize)]
    struct Identified {
        #[serde(rename = "id")]
        _id: IgnoredAny,
    }
    // As the platform writes them, no object has to be read for it.
    object.starts_with("{\"id\":") || serde_json::from_str::<Identified>(object).is_ok()
}

macro_rules! platform_object {
    ($type:ident, $name:literal, $what:literal) => {
        impl JsonSchema for $type<'_> {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                $name.into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({
                    "type": "object",
                    "required": ["id"],
                    "properties": {"id": {"type": "integer"}},
                    "description": concat!($what, ", as the platform's own API documents describe it."),
                })
            }
        }
    };
}

platform_object!(User, "user", "A user");
platform_object!(Brand, "brand", "A brand");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn profile_without_id_gets_one() {
        for (given, passed_on) in [
            ("{}", r#"{"id":7}"#),
            (" { } ", r#"{"id":7}"#),
            (r#"{"b":1,"a":2}"#, r#"{"id":7,"b":1,"a":2}"#),
            (r#"{"id":8, "b":1}"#, r#"{"id":8, "b":1}"#),
            (r#"{"b":1, "id":7}"#, r#"{"b":1, "id":7}"#),
            (r#"{"\u0069d":7}"#, r#"{"\u0069d":7}"#),
            (r#"{"a":{"id":1}}"#, r#"{"id":7,"a":{"id":1}}"#),
            (
                r#"{"n":12345678901234567890.50}"#,
                r#"{"id":7,"n":12345678901234567890.50}"#,
            ),
        ] {
            let profile = &Profile::new(given);
            let written = serde_json::to_string(&Object { id: 7, profile });
            assert_eq!(written.expect("JSON"), passed_on, "{given}");
        }
    }
}
