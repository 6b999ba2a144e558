use aftermatch_test_support::{Client, Limits, Service, Setup, create, on_every_store, read, room};
use serde_json::{Value, json};

use super::{replayed, write};

/// Together these messages are more than the buffers between service and client can hold.
const MESSAGES: i64 = 300;

/// A service with small outboxes and many long messages in room 1. Returns the author, and
/// Bob, who has asked to join with `since_seq` and has read nothing yet.
async fn join_with_long_replay(setup: Setup) -> (Service, Client, Client) {
    let small = |limits: &mut Limits| {
        limits.outbox_frames = 16;
        limits.outbox_bytes = 128 * 1024;
    };
    let service = setup.limits(small).start().await;
    let mut ann = service.joined(3, 1).await;
    let text = "🐈".repeat(10_000);
    for _ in 0..MESSAGES {
        write(&mut ann, 1, &text).await;
    }
    let mut bob = service.chat(4).await;
    let join = json!({"action": "join_room", "room_pk": 1, "since_seq": 1});
    bob.send_action(join).await;
    (service, ann, bob)
}

async fn replay_waits_for_slow_reader(setup: Setup) {
    let (service, mut ann, mut bob) = join_with_long_replay(setup).await;
    let mut live = Vec::new();
    for text in ["first", "second", "third"] {
        live.push(ann.create(text).await);
    }
    let joined = bob.receive().await;
    assert_eq!(joined["data"]["resumed"], true, "{joined}");
    // Messages written before the join are replayed, later ones are events.
    let last = joined["data"]["last_seq"].as_i64().expect("a number");
    for seq in 2..=last {
        let frame = bob.receive().await;
        assert_eq!(replayed(&frame).0, seq);
        // Other clients do not wait.
        if seq % 50 == 0 {
            read(&mut service.joined(4, 1).await, json!({"limit": 1})).await;
        }
    }
    for event in live {
        if event["data"]["seq"].as_i64() > Some(last) {
            assert_eq!(bob.receive().await, event);
        }
    }
    bob.expect_silence().await;
}

async fn replay_overrun_closed_and_resumed_later(setup: Setup) {
    let (service, mut ann, mut bob) = join_with_long_replay(setup).await;
    let joined = bob.receive().await;
    assert_eq!(joined["data"]["resumed"], true, "{joined}");
    // More than an outbox holds.
    for _ in 0..40 {
        ann.create("live").await;
    }
    let (received, code) = bob.receive_until_close().await;
    assert_eq!(code, Some(1013));
    let numbers: Vec<_> = received.iter().map(|frame| replayed(frame).0).collect();
    let highest = 1 + i64::try_from(numbers.len()).expect("a number");
    assert_eq!(numbers, (2..=highest).collect::<Vec<_>>());
    assert!(highest < 1 + MESSAGES, "everything was replayed");

    let mut bob = service.chat(4).await;
    let joined = bob.join_since(1, highest).await;
    assert_eq!(joined["data"]["resumed"], true, "{joined}");
    for seq in highest + 1..=1 + MESSAGES + 40 {
        assert_eq!(replayed(&bob.receive().await).0, seq);
    }
    bob.expect_silence().await;
}

async fn eviction_during_replay_ends_replay(setup: Setup) {
    let (service, mut ann, mut bob) = join_with_long_replay(setup).await;
    let joined = bob.receive().await;
    assert_eq!(joined["data"]["resumed"], true, "{joined}");
    let mut again = service.joined(4, 1).await;
    service.put_room(room(1, &[1])).await;
    let closed = again.receive().await;
    assert_eq!(closed["action"], "room_closed", "{closed}");
    ann.create("not for him").await;

    let mut received = 0;
    loop {
        let frame = bob.receive().await;
        if frame["action"] == "room_closed" {
            assert_eq!(frame, closed);
            break;
        }
        replayed(&frame);
        received += 1;
    }
    assert!(received < MESSAGES, "everything was replayed");
    bob.expect_silence().await;
    bob.expect_refusal(create("a"), 400, "not_in_room").await;
    assert_eq!(
        bob.request(json!({"action": "list"})).await["data"][0]["pk"],
        Value::from(3)
    );
}

on_every_store!(
    replay_waits_for_slow_reader,
    replay_overrun_closed_and_resumed_later,
    eviction_during_replay_ends_replay,
);
