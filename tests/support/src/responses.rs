//! Requests of which a test wants only one part of the response.

use serde_json::Value;

use crate::Client;

/// Creates a message and returns its `id`.
pub async fn written(client: &mut Client, text: &str) -> i64 {
    let response = client.create(text).await;
    response["data"]["id"].as_i64().expect("an id")
}

/// The bytes of a response with the value of `"epoch"` replaced by `…`, if there is one.
pub fn without_epoch(response: &str) -> String {
    let Some((before, rest)) = response.split_once("\"epoch\":\"") else {
        return response.to_owned();
    };
    let (_, after) = rest.split_once('"').expect("the end of the epoch");
    format!("{before}\"epoch\":…{after}")
}

/// The bytes of the response to `action`, with its `request_id` and its `epoch` replaced
/// by `…`.
pub async fn response_bytes(client: &mut Client, action: Value) -> String {
    let id = client.send_action(action).await;
    let response = client.receive_text().await;
    let own_id = format!("\"request_id\":{id}");
    assert_eq!(response.matches(&own_id).count(), 1, "{response}");
    without_epoch(&response.replace(&own_id, "\"request_id\":…"))
}

/// The `data` of `get_room_messages` with these parameters.
pub async fn read(client: &mut Client, mut parameters: Value) -> Value {
    parameters["action"] = "get_room_messages".into();
    let response = client.request(parameters).await;
    assert_eq!(response["response_status"], 200, "{response}");
    response["data"].clone()
}
