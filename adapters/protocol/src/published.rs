//! A frame that the service sends, as the published contract shows it.

use schemars::{JsonSchema, SchemaGenerator};
use serde_json::Value;

/// A kind of frame.
pub(crate) struct Published {
    pub(crate) name: String,
    pub(crate) receiver: Receiver,
    pub(crate) summary: &'static str,
    pub(crate) schema: Value,
    /// Frames that the encoder wrote.
    pub(crate) examples: Vec<Value>,
}

/// Who receives a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Receiver {
    /// The requester: it is the response.
    Requester,
    /// Everyone joined; for the requester it is the response.
    Everyone,
    /// A client that did not request it.
    Others,
}

impl Receiver {
    pub(crate) fn is_answered(self) -> bool {
        self != Self::Others
    }

    pub(crate) fn is_unrequested(self) -> bool {
        self != Self::Requester
    }
}

impl Published {
    /// The kind of frame with the type `F`.
    pub(crate) fn new<F: JsonSchema>(
        generator: &mut SchemaGenerator,
        name: impl Into<String>,
        receiver: Receiver,
        summary: &'static str,
        examples: impl IntoIterator<Item = Vec<u8>>,
    ) -> Self {
        let examples = examples.into_iter();
        Self {
            name: name.into(),
            receiver,
            summary,
            schema: F::json_schema(generator).to_value(),
            examples: examples
                .map(|frame| serde_json::from_slice(&frame).unwrap_or_default())
                .collect(),
        }
    }
}
