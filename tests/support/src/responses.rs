//! Requests of which a test wants only one part of the response.

use serde_json::Value;

use crate::Client;

/// Creates a message and returns its `id`.
pub async fn written(client: &mut Client, text: &str) -> i64 {
    let response = client.create(text).await;
    response["data"]["id"].as_i64().expect("an id")
}

/// The bytes of the response to `action`, with its `request_id` replaced by `…`.
pub async fn response_bytes(client: &mut Client, action: Value) -> String {
    let id = client.send_action(action).await;
    let response = client.receive_text().await;
    let own_id = format!("\"request_id\":{id}");
    assert_eq!(response.matches(&own_id).count(), 1, "{response}");
    response.replace(&own_id, "\"request_id\":…")
}

/// The `data` of `get_room_messages` with these parameters.
pub async fn read(client: &mut Client, mut parameters: Value) -> Value {
    parameters["action"] = "get_room_messages".into();
    let response = client.request(parameters).await;
    assert_eq!(response["response_status"], 200, "{response}");
    response["data"].clone()
}
