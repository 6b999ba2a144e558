//! The platform's own objects for users and brands. They are passed on as text, with the
//! right `id`.

mod id;

use aftermatch_ports::model::{Author, Brand, Profile, Room};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Serialize, Serializer};

use crate::json::{self, Json};

/// A user.
#[derive(Debug, Serialize)]
pub(crate) struct UserShape<'a>(Object<'a>);

impl<'a> From<&'a Author> for UserShape<'a> {
    fn from(author: &'a Author) -> Self {
        Self(Object {
            id: author.id.0,
            profile: &author.profile,
        })
    }
}

impl UserShape<'_> {
    pub(crate) fn size_hint(&self) -> usize {
        self.0.profile.as_str().len()
    }
}

/// A brand.
#[derive(Debug, Serialize)]
pub(crate) struct BrandShape<'a>(Object<'a>);

impl<'a> From<&'a Brand> for BrandShape<'a> {
    fn from(brand: &'a Brand) -> Self {
        Self(Object {
            id: brand.id.0,
            profile: &brand.profile,
        })
    }
}

/// The brands of a room, in its order.
#[derive(Debug, Clone, Copy, JsonSchema)]
#[schemars(inline, with = "Vec<BrandShape<'static>>")]
pub(crate) enum Participants<'a> {
    Of(&'a Room),
    Ready(&'a ReadyParticipants),
}

impl Participants<'_> {
    pub(super) fn size_hint(&self) -> usize {
        match self {
            Self::Of(_) => 0,
            Self::Ready(ReadyParticipants(json)) => json.len(),
        }
    }
}

impl Serialize for Participants<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Of(room) => {
                let brands = room.participants.iter();
                serializer.collect_seq(brands.map(|brand| BrandShape::from(&**brand)))
            }
            Self::Ready(ReadyParticipants(json)) => Json(json).serialize(serializer),
        }
    }
}

/// The JSON of a room's brands, which is the same for every event until the room's
/// revision changes.
#[derive(Debug)]
pub struct ReadyParticipants(String);

impl ReadyParticipants {
    /// Writes the brands of `room`.
    #[must_use]
    pub fn of(room: &Room) -> Self {
        let mut json = Vec::new();
        json::write(&mut json, &Participants::Of(room));
        Self(String::from_utf8(json).unwrap_or_default())
    }
}

/// A profile as the platform stored it, but always with the right `id`.
#[derive(Debug)]
struct Object<'a> {
    id: i64,
    profile: &'a Profile,
}

impl Serialize for Object<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Json(&id::with_id(self.profile.as_str(), self.id)).serialize(serializer)
    }
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

platform_object!(UserShape, "user", "A user");
platform_object!(BrandShape, "brand", "A brand");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn profile_is_passed_on_with_right_id() {
        for (given, passed_on) in [
            ("{}", r#"{"id":7}"#),
            (" { } ", r#"{"id":7} "#),
            (r#"{"b":1,"a":2}"#, r#"{"id":7,"b":1,"a":2}"#),
            (r#"{"id":7, "b":1}"#, r#"{"id":7, "b":1}"#),
            (r#"{"id":99, "b":1}"#, r#"{"id":7, "b":1}"#),
            (r#"{"id":77}"#, r#"{"id":7}"#),
            (r#"{"id":"abc"}"#, r#"{"id":7}"#),
            (r#"{"id" : "7", "b":1}"#, r#"{"id" : 7, "b":1}"#),
            (r#"{"id":7.0}"#, r#"{"id":7}"#),
            (
                r#"{"id":null,"b":[{"id":8}]}"#,
                r#"{"id":7,"b":[{"id":8}]}"#,
            ),
            (
                r#"{"b":{"id":8},"id":{"id":[1,2]},"c":3}"#,
                r#"{"b":{"id":8},"id":7,"c":3}"#,
            ),
            (r#"{"id":7,"b":"x","id":99}"#, r#"{"id":7,"b":"x","id":7}"#),
            (r#"{"\u0069d":99}"#, r#"{"\u0069d":7}"#),
            (r#"{"a":"\"id\":8","id":9}"#, r#"{"a":"\"id\":8","id":7}"#),
            (r#"{"\ud800":1,"id":9}"#, r#"{"\ud800":1,"id":7}"#),
            (r#"{"a":"\\","id":9}"#, r#"{"a":"\\","id":7}"#),
            (r#"{"ID":9}"#, r#"{"id":7,"ID":9}"#),
            (r#"{"b":1, "id":7}"#, r#"{"b":1, "id":7}"#),
            (r#"{"\u0069d":7}"#, r#"{"\u0069d":7}"#),
            (r#"{"a":{"id":1}}"#, r#"{"id":7,"a":{"id":1}}"#),
            (r#"{"a":"\\id"}"#, r#"{"id":7,"a":"\\id"}"#),
            (
                r#"{"n":12345678901234567890.50}"#,
                r#"{"id":7,"n":12345678901234567890.50}"#,
            ),
        ] {
            let profile = &Profile::new(given);
            let mut written = Vec::new();
            json::write(&mut written, &Object { id: 7, profile });
            assert_eq!(String::from_utf8_lossy(&written), passed_on, "{given}");
        }
    }
}
