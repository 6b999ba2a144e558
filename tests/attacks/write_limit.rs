//! The limit on what one user writes in one room.

use std::time::Duration;

use aftermatch_test_support::{Client, Setup, create, delete, edit, on_every_store, written};
use serde_json::{Value, json};
use tokio::time::sleep;

use crate::world::{MALLORY, TRENT, usual};

const LIMIT: (&str, &str) = ("CHAT_MAX_WRITES_PER_SECOND", "2");
/// Writes that may come at once.
const BURST: usize = 8;

/// Sends writes until one is refused. Returns how many were not, and the refusal.
async fn until_refused(client: &mut Client, write: Value) -> (usize, Value) {
    for admitted in 0..100 * BURST {
        let response = client.request_amid_events(write.clone()).await;
        if response["response_status"] == 429 {
            assert_eq!(response["error_code"], "too_many_requests", "{response}");
            assert_eq!(response["action"], write["action"], "{response}");
            return (admitted, response);
        }
        let status = response["response_status"].as_i64();
        assert!(matches!(status, Some(200 | 201)), "{response}");
    }
    panic!("there is no limit on {write}");
}

async fn limit_shared_by_connections_of_user(setup: Setup) {
    let program = usual(setup).start_program(&[LIMIT]).await;
    let mut first = program.joined(MALLORY, 2).await;
    let mut second = program.joined(MALLORY, 2).await;
    let mut elsewhere = program.joined(MALLORY, 3).await;
    let mut trent = program.joined(TRENT, 2).await;

    let (admitted, _) = until_refused(&mut first, create("flood")).await;
    assert!(admitted >= BURST, "{admitted}");
    let (admitted, refusal) = until_refused(&mut second, create("flood")).await;
    assert!(
        admitted < BURST,
        "{admitted}: the other connection has used the limit up"
    );
    // Another user may write, and she may in another room.
    for client in [&mut trent, &mut elsewhere] {
        let (admitted, _) = until_refused(client, create("ordinary")).await;
        assert!(admitted >= BURST, "{admitted}");
    }

    let wait = refusal["retry_after_ms"].as_u64().expect("a time");
    sleep(Duration::from_millis(wait)).await;
    let response = first.request_amid_events(create("I have waited")).await;
    assert_eq!(response["response_status"], 201, "{response}");
    // What does not write is not limited.
    let list = second.request_amid_events(json!({"action": "list"})).await;
    assert_eq!(list["response_status"], 200, "{list}");
}

async fn edits_and_deletions_count(setup: Setup) {
    let program = usual(setup).start_program(&[LIMIT]).await;
    let mut mallory = program.joined(MALLORY, 2).await;
    let id = written(&mut mallory, "first").await;
    let (admitted, _) = until_refused(&mut mallory, edit(id, "again")).await;
    assert!(admitted + 1 >= BURST, "{admitted}");
    let refused = mallory.request(delete(&[id])).await;
    assert_eq!(refused["response_status"], 429, "{refused}");

    let mut trent = program.joined(TRENT, 3).await;
    for _ in 0..BURST / 2 {
        let id = written(&mut trent, "here and gone").await;
        let response = trent.request(delete(&[id])).await;
        assert_eq!(response["response_status"], 200, "{response}");
    }
    let (admitted, _) = until_refused(&mut trent, create("once more")).await;
    assert!(admitted < BURST, "{admitted}");
}

async fn limit_lifted_by_off(setup: Setup) {
    let settings = [
        ("CHAT_MAX_REQUESTS_PER_SECOND", "off"),
        ("CHAT_MAX_WRITES_PER_SECOND", "off"),
    ];
    let program = usual(setup).start_program(&settings).await;
    let mut mallory = program.joined(MALLORY, 2).await;
    let mut ids = Vec::new();
    // More than the default limits let through at once.
    for _ in 0..300 {
        ids.push(mallory.send_action(create("flood")).await);
    }
    for id in ids {
        let response = mallory.receive().await;
        assert_eq!(response["request_id"], id, "{response}");
        assert_eq!(response["response_status"], 201, "{response}");
    }
}

on_every_store!(
    limit_shared_by_connections_of_user,
    edits_and_deletions_count,
    limit_lifted_by_off,
);
