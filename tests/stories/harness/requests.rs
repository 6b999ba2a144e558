//! What clients ask.

use serde_json::{Value, json};

use super::Client;

pub fn create(text: &str) -> Value {
    json!({"action": "create_message", "msg_text": text})
}

pub fn edit(id: impl Into<Value>, text: &str) -> Value {
    json!({"action": "edit_message", "msg_id": id.into(), "edited_msg_text": text})
}

pub fn delete(ids: &[i64]) -> Value {
    json!({"action": "delete_messages", "msg_id_list": ids})
}

/// Writes a message and returns its `id`.
pub async fn written(client: &mut Client, text: &str) -> i64 {
    client.create(text).await["data"]["id"]
        .as_i64()
        .expect("an id")
}

/// The answer to `action`, to the byte, up to the `request_id`.
pub async fn answer_bytes(client: &mut Client, action: Value) -> String {
    let id = client.request(action).await;
    let answer = client.text().await;
    let tag = format!("\"request_id\":{id}");
    assert_eq!(answer.matches(&tag).count(), 1, "{answer}");
    answer.replace(&tag, "\"request_id\":…")
}

/// What `client` reads of its room, asked with these parameters.
pub async fn read(client: &mut Client, mut parameters: Value) -> Value {
    parameters["action"] = "get_room_messages".into();
    let answer = client.ask(parameters).await;
    assert_eq!(answer["response_status"], 200, "{answer}");
    answer["data"].clone()
}
