//! The types of parameters.

use aftermatch_ports::model::ClientMsgId;
use serde_json::{Value, json};

/// What may also be `null`, which is the same as leaving it out.
pub(super) fn or_left_out(mut schema: Value) -> Value {
    if let Some(schema) = schema.as_object_mut()
        && let Some(of_type) = schema.remove("type")
    {
        schema.insert("type".to_owned(), json!([of_type, "null"]));
    }
    schema
}

pub(super) fn from(least: u64, description: &str) -> Value {
    or_left_out(json!({"type": "integer", "minimum": least, "description": description}))
}

pub(super) fn up_to(most: usize, description: &str) -> Value {
    let schema =
        json!({"type": "integer", "minimum": 1, "maximum": most, "description": description});
    or_left_out(schema)
}

pub(super) fn text(what: &str) -> Value {
    let description = format!(
        "{what} At least one character that is not white space, no U+0000, and no longer than \
         the operators allow."
    );
    json!({"type": "string", "minLength": 1, "description": description})
}

pub(super) fn client_msg_id() -> Value {
    let most = ClientMsgId::MAX_CHARS;
    or_left_out(json!({
        "type": "string",
        "minLength": 1,
        "maxLength": most,
        "pattern": "^[A-Za-z0-9._:-]*$",
        "description": format!("What the client calls the message: 1 to {most} characters of `A-Z a-z 0-9 . _ : -`."),
    }))
}
