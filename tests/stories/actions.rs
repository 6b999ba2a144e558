//! Every action: what it does, who hears of it, and when it is refused.

mod deleting;
mod joining;
mod told;
mod writing;

use serde_json::{Value, json};

use crate::harness::Client;

fn create(text: &str) -> Value {
    json!({"action": "create_message", "msg_text": text})
}

fn edit(id: impl Into<Value>, text: &str) -> Value {
    json!({"action": "edit_message", "msg_id": id.into(), "edited_msg_text": text})
}

fn delete(ids: &[i64]) -> Value {
    json!({"action": "delete_messages", "msg_id_list": ids})
}

/// Writes a message and returns its `id`.
async fn written(client: &mut Client, text: &str) -> i64 {
    client.create(text).await["data"]["id"]
        .as_i64()
        .expect("an id")
}

/// The answer to `action`, to the byte, up to the `request_id`.
async fn answer_bytes(client: &mut Client, action: Value) -> String {
    let id = client.request(action).await;
    let answer = client.text().await;
    let tag = format!("\"request_id\":{id}");
    assert_eq!(answer.matches(&tag).count(), 1, "{answer}");
    answer.replace(&tag, "\"request_id\":…")
}
