//! The JSON object of a request. Its values are not parsed yet.

use std::{borrow::Cow, fmt};

use serde::{
    Deserialize, Deserializer,
    de::{DeserializeSeed, IgnoredAny, MapAccess, Visitor},
};
use serde_json::{error::Category, value::RawValue};

use crate::error::{ErrorCode, ProtocolError};

/// The keys of a request. If a key comes twice, the last one counts.
#[derive(Default)]
pub(super) struct Envelope<'a> {
    pub(super) action: Option<&'a RawValue>,
    pub(super) request_id: Option<&'a RawValue>,
    pub(super) parameters: RawParameters<'a>,
}

/// All other keys, in the order in which they came.
#[derive(Default)]
pub(super) struct RawParameters<'a>(Vec<(Cow<'a, str>, &'a RawValue)>);

impl<'a> RawParameters<'a> {
    pub(super) fn get(&self, name: &str) -> Option<&'a RawValue> {
        let mut latest = self.0.iter().rev();
        latest.find(|(key, _)| key == name).map(|(_, value)| *value)
    }
}

impl<'a> Envelope<'a> {
    /// Fills the envelope as far as the frame can be read, so that the response can
    /// name the request even if it is malformed.
    pub(super) fn read(&mut self, frame: &'a [u8]) -> Result<(), ProtocolError> {
        let text = std::str::from_utf8(frame)
            .map_err(|error| not_json(format!("no UTF-8 at byte {}", error.valid_up_to())))?;
        let mut json = serde_json::Deserializer::from_str(text);
        let read = self.deserialize(&mut json).and_then(|()| json.end());
        read.map_err(|error| match error.classify() {
            Category::Data => no_object(text),
            _ => not_json(error.to_string()),
        })
    }
}

/// For a text that does not begin like an object. The rest has not been read.
fn no_object(text: &str) -> ProtocolError {
    match serde_json::from_str::<IgnoredAny>(text) {
        Ok(_) => ProtocolError::new(
            ErrorCode::NotAnObject,
            "the frame is JSON, but not an object: send one such as {\"action\":\"list\",\"request_id\":1}",
        ),
        Err(error) => not_json(error.to_string()),
    }
}

fn not_json(fault: String) -> ProtocolError {
    let sentence = format!("the frame is not JSON ({fault}): send one JSON object");
    ProtocolError::new(ErrorCode::NotJson, sentence)
}

impl<'de> DeserializeSeed<'de> for &mut Envelope<'de> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for &mut Envelope<'de> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<(), M::Error> {
        #[derive(Deserialize)]
        struct Key<'a>(#[serde(borrow)] Cow<'a, str>);
        while let Some((Key(key), value)) = map.next_entry::<_, &RawValue>()? {
            match &*key {
                "action" => self.action = Some(value),
                "request_id" => self.request_id = Some(value),
                _ => self.parameters.0.push((key, value)),
            }
        }
        Ok(())
    }
}
