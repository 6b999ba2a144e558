//! Reads attachments. What the service checks of one is its `id` and its `signature`; the rest
//! is passed on as it was written. So it must be JSON that every receiver can read: a number
//! out of range, or brackets a thousand deep, would cost them the whole frame.

use std::{borrow::Cow, collections::HashSet};

use aftermatch_ports::model::{Attachment, Attachments, Refusal, SignedAttachment};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, Visitor},
};
use serde_json::{Value, value::RawValue};

use super::reader::{problem, string};
use crate::error::{ErrorCode, ProtocolError};

/// A parameter that `read` reads, because its type could not say which of the attachments is
/// wrong.
#[derive(Debug, PartialEq, Eq)]
pub struct ReadApart;

impl<'de> Deserialize<'de> for ReadApart {
    fn deserialize<D: Deserializer<'de>>(_: D) -> Result<Self, D::Error> {
        Ok(Self)
    }
}

impl JsonSchema for ReadApart {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Attachments".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "array",
            "maxItems": Attachments::MAX,
            "items": {
                "type": "object",
                "required": ["id", "signature"],
                "properties": {
                    "id": {"type": "string", "minLength": 1, "maxLength": Attachment::MAX_ID_CHARS},
                    "signature": {"type": "string"},
                },
            },
        })
    }
}

/// The attachments of a message: none, if there is no such parameter.
pub(super) fn read(json: Option<&RawValue>) -> Result<Vec<SignedAttachment>, ProtocolError> {
    let list = match json.map(RawValue::get) {
        None | Some("null") => return Ok(Vec::new()),
        Some(json) => serde_json::from_str::<Vec<&RawValue>>(json),
    };
    let Ok(list) = list else {
        let (fault, max) = (problem(json), Attachments::MAX);
        return Err(invalid(format!(
            "`attachments` {fault}: a list of at most {max} objects was expected"
        )));
    };
    let list = list.into_iter().enumerate();
    list.map(|(index, json)| attachment(index, json)).collect()
}

fn attachment(index: usize, json: &RawValue) -> Result<SignedAttachment, ProtocolError> {
    let name = format!("attachments[{index}]");
    if !json.get().starts_with('{') {
        let fault = problem(Some(json));
        return Err(invalid(format!(
            "`{name}` {fault}: an object with `id` and `signature` was expected"
        )));
    }
    check_readable(&name, json)?;
    let members: Members<'_> = serde_json::from_str(json.get())
        .map_err(|error| invalid(format!("`{name}` cannot be read ({error})")))?;
    if members.has_repeated_key() {
        return Err(invalid(format!(
            "`{name}` has a key twice: each may come once"
        )));
    }
    let id = members.string(&name, "id", "a string was expected")?;
    let expected = "a string was expected, with the platform's signature for your user";
    let signature = members.string(&name, "signature", expected)?;
    let attachment = Attachment::new(id, members.without("signature"));
    Ok(SignedAttachment {
        attachment: attachment.map_err(|fault| Refusal::AttachmentInvalid { index, fault })?,
        signature,
    })
}

/// Whether programs that receive it can be expected to read it.
fn check_readable(name: &str, json: &RawValue) -> Result<(), ProtocolError> {
    let value: Value = serde_json::from_str(json.get()).map_err(|error| {
        invalid(format!(
            "`{name}` cannot be read by every program ({error}): numbers within 64-bit floating \
             point, whole characters, and at most {} objects and lists inside each other are \
             allowed",
            Attachment::MAX_DEPTH
        ))
    })?;
    let (depth, max) = (depth(&value), Attachment::MAX_DEPTH);
    if depth > max {
        return Err(invalid(format!(
            "`{name}` has {depth} objects and lists inside each other: at most {max} are allowed"
        )));
    }
    Ok(())
}

/// How many objects and lists are inside each other. The parser has limited that.
fn depth(value: &Value) -> usize {
    let deepest = match value {
        Value::Array(items) => items.iter().map(depth).max(),
        Value::Object(members) => members.values().map(depth).max(),
        _ => return 0,
    };
    1 + deepest.unwrap_or(0)
}

/// The keys of an object, in their order, with their values as they were written.
struct Members<'a>(Vec<(Cow<'a, str>, &'a RawValue)>);

impl Members<'_> {
    fn has_repeated_key(&self) -> bool {
        let mut seen = HashSet::new();
        !self.0.iter().all(|(key, _)| seen.insert(key))
    }

    fn string(&self, of: &str, name: &str, expected: &str) -> Result<String, ProtocolError> {
        let member = self.0.iter().find(|(key, _)| key == name);
        let json = member.map(|(_, value)| *value);
        let text = json.and_then(string).map(Cow::into_owned);
        text.ok_or_else(|| invalid(format!("`{of}.{name}` {}: {expected}", problem(json))))
    }

    /// The object without the member `name`.
    fn without(&self, name: &str) -> String {
        let members = self.0.iter().filter(|(key, _)| key != name);
        let members =
            members.map(|(key, value)| format!("{}:{}", Value::from(&**key), value.get()));
        format!("{{{}}}", members.collect::<Vec<_>>().join(","))
    }
}

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(MembersVisitor)
    }
}

struct MembersVisitor;

impl<'de> Visitor<'de> for MembersVisitor {
    type Value = Members<'de>;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Members<'de>, M::Error> {
        #[derive(Deserialize)]
        struct Key<'a>(#[serde(borrow)] Cow<'a, str>);
        let mut members = Vec::new();
        while let Some((Key(key), value)) = map.next_entry()? {
            members.push((key, value));
        }
        Ok(Members(members))
    }
}

fn invalid(sentence: String) -> ProtocolError {
    ProtocolError::new(ErrorCode::InvalidAttachment, sentence)
}

#[cfg(test)]
mod tests;
