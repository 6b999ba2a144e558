//! Gives the values of a request to the types of its parameters, and says in one
//! sentence which of them does not fit.

use std::{borrow::Cow, fmt, slice};

use serde::{
    Deserialize, Deserializer,
    de::{self, DeserializeSeed, Expected, SeqAccess, Unexpected, Visitor},
    forward_to_deserialize_any,
};
use serde_json::value::RawValue;

use super::envelope::RawParameters;
use crate::error::{ErrorCode, ProtocolError};

/// Reads the parameters of one action: a struct, whose fields have their names.
pub(super) fn read<'de, T: Deserialize<'de>>(raw: &RawParameters<'de>) -> Result<T, ProtocolError> {
    T::deserialize(Parameters(raw))
        .map_err(|Mismatch(sentence)| ProtocolError::new(ErrorCode::InvalidParameter, sentence))
}

/// Why a value does not fit: first what its type expects, then the whole sentence.
#[derive(Debug)]
struct Mismatch(String);

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Mismatch {}

impl de::Error for Mismatch {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self(message.to_string())
    }

    fn invalid_type(_: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self(expected.to_string())
    }

    fn invalid_value(_: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self(expected.to_string())
    }
}

struct Parameters<'a, 'de>(&'a RawParameters<'de>);

impl<'de> Deserializer<'de> for Parameters<'_, 'de> {
    type Error = Mismatch;

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        names: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Mismatch> {
        let (names, raw) = (names.iter(), self.0);
        visitor.visit_seq(Fields { names, raw })
    }

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mismatch> {
        self.deserialize_struct("", &[], visitor)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf
        option unit unit_struct newtype_struct seq tuple tuple_struct map enum identifier
        ignored_any
    }
}

/// The fields of the struct, one after the other, whether they were given or not.
struct Fields<'a, 'de> {
    names: slice::Iter<'static, &'static str>,
    raw: &'a RawParameters<'de>,
}

impl<'de> SeqAccess<'de> for Fields<'_, 'de> {
    type Error = Mismatch;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, Mismatch> {
        let Some(name) = self.names.next() else {
            return Ok(None);
        };
        let json = self.raw.get(name);
        let value = seed
            .deserialize(Value(json))
            .map_err(|Mismatch(expected)| {
                let fault = problem(json);
                Mismatch(format!(
                    "parameter `{name}` {fault}: {expected} was expected"
                ))
            })?;
        Ok(Some(value))
    }
}

/// The value of a key, if there is one.
struct Value<'de>(Option<&'de RawValue>);

impl<'de> Deserializer<'de> for Value<'de> {
    type Error = Mismatch;

    /// A parameter that may be left out may also be `null`.
    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mismatch> {
        match self.0.map(RawValue::get) {
            None | Some("null") => visitor.visit_none(),
            Some(_) => visitor.visit_some(self),
        }
    }

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mismatch> {
        let mismatch = |visitor: &V| Mismatch((visitor as &dyn Expected).to_string());
        let Some(json) = self.0 else {
            return Err(mismatch(&visitor));
        };
        match json.get().as_bytes() {
            [b'"', ..] => match string(json) {
                Some(Cow::Borrowed(text)) => visitor.visit_borrowed_str(text),
                Some(Cow::Owned(text)) => visitor.visit_string(text),
                None => Err(mismatch(&visitor)),
            },
            [b'-' | b'0'..=b'9', ..] if is_integer(json) => visitor.visit_i128(integer(json)),
            b"true" => visitor.visit_bool(true),
            b"false" => visitor.visit_bool(false),
            [b'[', ..] => match serde_json::from_str::<Vec<_>>(json.get()) {
                Ok(items) => visitor.visit_seq(Items(items.into_iter())),
                Err(_) => Err(mismatch(&visitor)),
            },
            _ => Err(mismatch(&visitor)),
        }
    }

    /// The text of an integer.
    fn deserialize_bytes<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mismatch> {
        match self.0 {
            Some(json) if is_integer(json) => visitor.visit_borrowed_str(json.get()),
            _ => Err(Mismatch((&visitor as &dyn Expected).to_string())),
        }
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string byte_buf
        unit unit_struct newtype_struct seq tuple tuple_struct map struct enum identifier
        ignored_any
    }
}

/// The items of a list.
struct Items<'de>(std::vec::IntoIter<&'de RawValue>);

impl<'de> SeqAccess<'de> for Items<'de> {
    type Error = Mismatch;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, Mismatch> {
        let item = self.0.next();
        item.map(|json| seed.deserialize(Value(Some(json))))
            .transpose()
    }
}

/// What is wrong with a value.
pub(super) fn problem(value: Option<&RawValue>) -> &'static str {
    match value.map(|json| json.get().as_bytes()) {
        None => "is missing",
        Some([b'n', ..]) => "is null",
        Some([b't' | b'f', ..]) => "is a boolean",
        Some([b'"', ..]) => "is a string that cannot be taken",
        Some([b'[', ..]) => "is a list that cannot be taken",
        Some([b'{', ..]) => "is an object",
        Some(_) => "is a number that cannot be taken",
    }
}

/// Whether a value is an integer, of any size.
pub(super) fn is_integer(json: &RawValue) -> bool {
    let digits = json.get().strip_prefix('-').unwrap_or(json.get());
    digits.bytes().all(|byte| byte.is_ascii_digit())
}

/// The integer; one beyond 64 bits as the outermost of 128.
fn integer(json: &RawValue) -> i128 {
    let outermost = match json.get().as_bytes() {
        [b'-', ..] => i128::MIN,
        _ => i128::MAX,
    };
    json.get().parse::<i64>().map_or(outermost, i128::from)
}

/// The text of a string that is one.
pub(super) fn string(json: &RawValue) -> Option<Cow<'_, str>> {
    #[derive(Deserialize)]
    struct Text<'a>(#[serde(borrow)] Cow<'a, str>);
    let text = json.get().strip_prefix('"')?.strip_suffix('"')?;
    if !text.contains('\\') {
        // The envelope has already read it as JSON: without escapes, this is the text.
        return Some(Cow::Borrowed(text));
    }
    serde_json::from_str(json.get()).ok().map(|Text(text)| text)
}
