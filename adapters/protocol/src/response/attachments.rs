use aftermatch_ports::model::{Attachment, Attachments};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Serialize, Serializer};

use crate::json::Json;

/// The attachments of a message, as they were written.
#[derive(Debug, Clone, Copy)]
pub(crate) struct AttachmentsShape<'a>(&'a str);

impl<'a> AttachmentsShape<'a> {
    pub(crate) fn of(attachments: Option<&'a Attachments>) -> Option<Self> {
        attachments.map(|json| Self(json.as_str()))
    }

    pub(crate) fn size_hint(self) -> usize {
        self.0.len()
    }
}

impl Serialize for AttachmentsShape<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Json(self.0).serialize(serializer)
    }
}

impl JsonSchema for AttachmentsShape<'_> {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "attachments".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "array",
            "minItems": 1,
            "maxItems": Attachments::MAX,
            "items": {
                "type": "object",
                "required": ["id"],
                "properties": {
                    "id": {"type": "string", "minLength": 1, "maxLength": Attachment::MAX_ID_CHARS},
                },
            },
            "description": "What the message carries beside its text. The platform signed each \
                            `id`, for the author. Every other key is what the author's client sent.",
        })
    }
}
