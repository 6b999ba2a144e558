//! The types of parameters: what each accepts, and how it is described.

use std::fmt;

use aftermatch_ports::model::{MessageId, RequestedId};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{
    Deserialize, Deserializer,
    de::{Error, SeqAccess, Unexpected, Visitor},
};

use crate::limits::MAX_IDS;

/// An integer that names something. One beyond 64 bits is still an integer: it
/// names nothing that any store has ever held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Id(pub i64);

impl Id {
    pub(super) const OF_NOTHING: Self = Self(i64::MIN);
}

/// An integer with an order, from `MIN` on. One beyond 64 bits is the outermost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AtLeast<const MIN: i64>(pub i64);

/// An integer with an order.
pub type Position = AtLeast<{ i64::MIN }>;

/// An integer from 1 to `MAX`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UpTo<const MAX: usize>(pub usize);

/// A string of at most `MAX` characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShortText<const MAX: usize>(pub String);

/// A list of messages. The answer names those that cannot be deleted, as they were
/// written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ids(pub Vec<RequestedId>);

/// All rooms or none, or at most `MAX` of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Rooms<const MAX: usize> {
    /// All, or none.
    All(bool),
    /// These.
    These(Vec<Id>),
}

impl<'de> Deserialize<'de> for Id {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let number = integer(deserializer, format_args!("an integer"), Some)?;
        Ok(i64::try_from(number).map_or(Self::OF_NOTHING, Self))
    }
}

impl<'de, const MIN: i64> Deserialize<'de> for AtLeast<MIN> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let clamp = |number: i128| {
            let outermost = if number < 0 { i64::MIN } else { i64::MAX };
            let number = i64::try_from(number).unwrap_or(outermost);
            (number >= MIN).then_some(Self(number))
        };
        if MIN == i64::MIN {
            integer(deserializer, format_args!("an integer"), clamp)
        } else {
            integer(deserializer, format_args!("an integer from {MIN}"), clamp)
        }
    }
}

impl<'de, const MAX: usize> Deserialize<'de> for UpTo<MAX> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let limit = |number: i128| {
            let number = usize::try_from(number).ok();
            number.filter(|number| (1..=MAX).contains(number)).map(Self)
        };
        integer(
            deserializer,
            format_args!("an integer from 1 to {MAX}"),
            limit,
        )
    }
}

impl<'de, const MAX: usize> Deserialize<'de> for ShortText<MAX> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(ShortTextVisitor::<MAX>)
    }
}

struct ShortTextVisitor<const MAX: usize>;

impl<const MAX: usize> Visitor<'_> for ShortTextVisitor<MAX> {
    type Value = ShortText<MAX>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a string of at most {MAX} characters")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
        if text.chars().nth(MAX).is_some() {
            return Err(E::invalid_value(Unexpected::Str(text), &self));
        }
        Ok(ShortText(text.to_owned()))
    }
}

impl<'de> Deserialize<'de> for Ids {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(IdsVisitor)
    }
}

struct IdsVisitor;

impl<'de> Visitor<'de> for IdsVisitor {
    type Value = Ids;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of integers")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Ids, A::Error> {
        let mut ids = Vec::new();
        let whole_list = |_| A::Error::invalid_value(Unexpected::Seq, &self);
        while let Some(Digits(id)) = list.next_element().map_err(whole_list)? {
            let fits = id.parse().map(|id| MessageId(id).into());
            ids.push(fits.unwrap_or_else(|_| RequestedId::OfNothing(id.into())));
        }
        Ok(Ids(ids))
    }
}

impl<'de, const MAX: usize> Deserialize<'de> for Rooms<MAX> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(RoomsVisitor::<MAX>)
    }
}

struct RoomsVisitor<const MAX: usize>;

impl<'de, const MAX: usize> Visitor<'de> for RoomsVisitor<MAX> {
    type Value = Rooms<MAX>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a boolean or a list of at most {MAX} integers")
    }

    fn visit_bool<E: Error>(self, all: bool) -> Result<Rooms<MAX>, E> {
        Ok(Rooms::All(all))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Rooms<MAX>, A::Error> {
        let mut ids = Vec::new();
        let whole_list = |_| A::Error::invalid_value(Unexpected::Seq, &self);
        while let Some(id) = list.next_element().map_err(whole_list)? {
            ids.push(id);
        }
        if ids.len() > MAX {
            return Err(A::Error::invalid_value(Unexpected::Seq, &self));
        }
        Ok(Rooms::These(ids))
    }
}

/// An integer, as it was written.
struct Digits<'de>(&'de str);

impl<'de> Deserialize<'de> for Digits<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_bytes(DigitsVisitor)
    }
}

struct DigitsVisitor;

impl<'de> Visitor<'de> for DigitsVisitor {
    type Value = Digits<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an integer")
    }

    fn visit_borrowed_str<E: Error>(self, digits: &'de str) -> Result<Self::Value, E> {
        Ok(Digits(digits))
    }
}

/// Reads an integer of any size, and makes of it what `accept` does.
fn integer<'de, D: Deserializer<'de>, T>(
    deserializer: D,
    expected: fmt::Arguments<'_>,
    accept: impl Fn(i128) -> Option<T>,
) -> Result<T, D::Error> {
    deserializer.deserialize_i128(IntegerVisitor { expected, accept })
}

struct IntegerVisitor<'a, F> {
    expected: fmt::Arguments<'a>,
    accept: F,
}

impl<T, F: Fn(i128) -> Option<T>> Visitor<'_> for IntegerVisitor<'_, F> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_fmt(self.expected)
    }

    fn visit_i128<E: Error>(self, number: i128) -> Result<T, E> {
        let unexpected = || E::invalid_value(Unexpected::Other("integer"), &self);
        (self.accept)(number).ok_or_else(unexpected)
    }
}

/// Describes a type without giving it a name of its own.
macro_rules! described {
    ([$($generics:tt)*] $type:ty, $schema:expr) => {
        impl<$($generics)*> JsonSchema for $type {
            fn inline_schema() -> bool {
                true
            }

            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($type).into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                $schema
            }
        }
    };
}

described!([] Id, json_schema!({"type": "integer"}));
described!([const MIN: i64] AtLeast<MIN>, if MIN == i64::MIN {
    json_schema!({"type": "integer"})
} else {
    json_schema!({"type": "integer", "minimum": MIN})
});
described!([const MAX: usize] UpTo<MAX>, json_schema!({
    "type": "integer",
    "minimum": 1,
    "maximum": MAX,
}));
described!([const MAX: usize] ShortText<MAX>, json_schema!({
    "type": "string",
    "maxLength": MAX,
}));
described!([const MAX: usize] Rooms<MAX>, json_schema!({
    "oneOf": [
        {"type": "boolean"},
        {"type": "array", "items": {"type": "integer"}, "maxItems": MAX},
    ],
}));
described!([] Ids, json_schema!({
    "type": "array",
    "items": {"type": "integer"},
    "maxItems": MAX_IDS,
}));
