//! A client that joins with `since_seq` receives what it missed, then the events that follow.

mod concurrent;
mod epoch;
mod limit;
mod replay;
mod slow_reader;

use aftermatch_test_support::{Client, create};
use serde_json::{Value, json};

use crate::replica::Change;

/// Joins room 1, where nobody writes, since the event `since`. Returns the response and
/// the replayed frames.
async fn rejoin(client: &mut Client, since: i64) -> (Value, Vec<Value>) {
    let response = client.join_since(1, since).await;
    let end = client.send_action(json!({"action": "list"})).await;
    let mut replayed = Vec::new();
    loop {
        let frame = client.receive().await;
        if frame["request_id"] == end {
            return (response, replayed);
        }
        replayed.push(frame);
    }
}

/// The event in a replayed frame, and its number.
fn replayed(frame: &Value) -> (i64, Change) {
    assert_eq!(frame["replay"], true, "{frame}");
    assert_eq!(frame["request_id"], Value::Null, "{frame}");
    assert_eq!(frame["errors"], json!([]), "{frame}");
    Change::of(frame).expect("a change")
}

/// The numbers of replayed frames.
fn numbers(frames: &[Value]) -> Vec<i64> {
    frames.iter().map(|frame| replayed(frame).0).collect()
}

/// Creates messages in the joined room, where nobody else writes.
async fn write(client: &mut Client, messages: i64, text: &str) {
    for _ in 0..messages {
        client.send_action(create(text)).await;
    }
    for _ in 0..messages {
        assert_eq!(client.receive().await["response_status"], 201);
    }
}
