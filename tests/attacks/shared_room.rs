//! A flood in a room that others share.

use std::time::Duration;

use aftermatch_test_support::{Setup, TIMEOUT, on_every_store};
use serde_json::{Value, json};
use tokio::time::{Instant, timeout};

use crate::{
    bytes::{join, text},
    neighbours::Neighbours,
    socket::{Incoming, Socket, too_many_requests},
    world::{MALLORY, TRENT, long_text, usual},
};

/// After each message of 40 KB: 100 Mbit/s.
const PAUSE: Duration = Duration::from_millis(3);

/// Who reads as fast as others may write receives all of it, and is not closed.
async fn reader_survives_flood_in_own_room(setup: Setup) {
    let program = usual(setup).start_program(&[]).await;
    let address = program.address().await;
    let mut neighbours = Neighbours::joined(&program).await;
    let mut trent = Socket::chat(address, TRENT).await;
    trent.send(&join(2)).await;
    assert_eq!(trent.receive_json().await["response_status"], 200);
    trent.read_slowly(PAUSE);

    let create = json!({"action": "create_message", "msg_text": long_text(), "request_id": 1});
    let create = text(&create.to_string());
    let flood = async move {
        let mut mallory = Socket::chat(address, MALLORY).await;
        mallory.send(&join(2)).await;
        mallory.flood(&create).await
    };
    assert_eq!(neighbours.chat_during(flood).await, too_many_requests());

    // His own message is the last one, so everything before it has come by then.
    trent
        .send_text(r#"{"action":"create_message","msg_text":"quiet, please","request_id":"own"}"#)
        .await;
    let begun = Instant::now();
    for seq in 1.. {
        let event = timeout(TIMEOUT, trent.receive_json()).await;
        let event: Value = event.expect("an event in time");
        assert_eq!(event["data"]["seq"], seq, "{event}");
        if event["request_id"] == "own" {
            assert!(seq > 1, "the flood began");
            break;
        }
        assert!(begun.elapsed() < 6 * TIMEOUT, "the flood ended");
    }
    trent.send_text(crate::bytes::LIST).await;
    assert_ne!(trent.receive().await, Incoming::End);
}

on_every_store!(reader_survives_flood_in_own_room);
