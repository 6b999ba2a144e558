//! Requests that many tests send.

use serde_json::{Value, json};

/// Creates a message in the joined room.
pub fn create(text: &str) -> Value {
    json!({"action": "create_message", "msg_text": text})
}

/// Edits a message of the joined room.
pub fn edit(id: impl Into<Value>, text: &str) -> Value {
    json!({"action": "edit_message", "msg_id": id.into(), "edited_msg_text": text})
}

/// Deletes messages of the joined room.
pub fn delete(ids: &[i64]) -> Value {
    json!({"action": "delete_messages", "msg_id_list": ids})
}
