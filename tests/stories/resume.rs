//! Who comes back is told what was missed, and then what follows.

mod amount;
mod live;
mod missed;
mod slow;

use serde_json::{Value, json};

use crate::harness::{Change, Client, create};

/// Joins room 1, where nobody writes, with the change `since` heard last. Returns
/// the answer, and what was told behind it.
async fn comes_back(client: &mut Client, since: i64) -> (Value, Vec<Value>) {
    let answer = client.join_since(1, since).await;
    let end = client.request(json!({"action": "list"})).await;
    let mut told = Vec::new();
    loop {
        let frame = client.hear().await;
        if frame["request_id"] == end {
            return (answer, told);
        }
        told.push(frame);
    }
}

/// What a frame tells of what was missed.
fn replayed(frame: &Value) -> (i64, Change) {
    assert_eq!(frame["replay"], true, "{frame}");
    assert_eq!(frame["request_id"], Value::Null, "{frame}");
    assert_eq!(frame["errors"], json!([]), "{frame}");
    Change::of(frame).expect("a change")
}

/// The numbers of what was missed.
fn numbers(told: &[Value]) -> Vec<i64> {
    told.iter().map(|frame| replayed(frame).0).collect()
}

/// Writes so many messages in the joined room, where nobody else writes.
async fn write(client: &mut Client, messages: i64, text: &str) {
    for _ in 0..messages {
        client.request(create(text)).await;
    }
    for _ in 0..messages {
        assert_eq!(client.hear().await["response_status"], 201);
    }
}
