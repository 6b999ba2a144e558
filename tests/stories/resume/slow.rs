use aftermatch_ports::model::{BrandId, RoomId, world::NewRoom};
use serde_json::{Value, json};

use super::{replayed, write};
use crate::harness::{Client, Service, Setup, create, on_every_store, read};

/// Messages that are together more than the buffers on the way can hold.
const MESSAGES: i64 = 300;

/// A service that lets little wait, with that many long messages in room 1.
/// Returns the author and Bob, who comes back and reads nothing yet.
async fn one_comes_back_to_much(setup: Setup) -> (Service, Client, Client) {
    let small = |limits: &mut aftermatch::Limits| {
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
    bob.request(join).await;
    (service, ann, bob)
}

async fn what_was_missed_is_told_as_slowly_as_it_is_read(setup: Setup) {
    let (service, mut ann, mut bob) = one_comes_back_to_much(setup).await;
    let mut live = Vec::new();
    for text in ["first", "second", "third"] {
        live.push(ann.create(text).await);
    }
    let joined = bob.hear().await;
    assert_eq!(joined["data"]["resumed"], true, "{joined}");
    // What was written before the join was judged is missed, and the rest lived.
    let last = joined["data"]["last_seq"].as_i64().expect("a number");
    for seq in 2..=last {
        let frame = bob.hear().await;
        assert_eq!(replayed(&frame).0, seq);
        // Others do not wait.
        if seq % 50 == 0 {
            read(&mut service.joined(4, 1).await, json!({"limit": 1})).await;
        }
    }
    for told in live {
        if told["data"]["seq"].as_i64() > Some(last) {
            assert_eq!(bob.hear().await, told);
        }
    }
    bob.hears_nothing().await;
}

async fn who_is_too_slow_for_what_follows_comes_back_with_what_it_has(setup: Setup) {
    let (service, mut ann, mut bob) = one_comes_back_to_much(setup).await;
    let joined = bob.hear().await;
    assert_eq!(joined["data"]["resumed"], true, "{joined}");
    // More than is held for anybody.
    for _ in 0..40 {
        ann.create("live").await;
    }
    let (heard, code) = bob.until_closed().await;
    assert_eq!(code, Some(1013));
    let numbers: Vec<_> = heard.iter().map(|frame| replayed(frame).0).collect();
    let highest = 1 + i64::try_from(numbers.len()).expect("a number");
    assert_eq!(numbers, (2..=highest).collect::<Vec<_>>());
    assert!(highest < 1 + MESSAGES, "it was told all");

    let mut bob = service.chat(4).await;
    let joined = bob.join_since(1, highest).await;
    assert_eq!(joined["data"]["resumed"], true, "{joined}");
    for seq in highest + 1..=1 + MESSAGES + 40 {
        assert_eq!(replayed(&bob.hear().await).0, seq);
    }
    bob.hears_nothing().await;
}

async fn who_loses_the_room_is_told_no_more_of_it(setup: Setup) {
    let (service, mut ann, mut bob) = one_comes_back_to_much(setup).await;
    let joined = bob.hear().await;
    assert_eq!(joined["data"]["resumed"], true, "{joined}");
    let mut again = service.joined(4, 1).await;
    service
        .put_room(NewRoom {
            id: RoomId(1),
            participants: vec![BrandId(1)],
        })
        .await;
    let closed = again.hear().await;
    assert_eq!(closed["action"], "room_closed", "{closed}");
    ann.create("not for him").await;

    let mut heard = 0;
    loop {
        let frame = bob.hear().await;
        if frame["action"] == "room_closed" {
            assert_eq!(frame, closed);
            break;
        }
        replayed(&frame);
        heard += 1;
    }
    assert!(heard < MESSAGES, "it was told all");
    bob.hears_nothing().await;
    bob.refused(create("a"), 400, "not_in_room").await;
    assert_eq!(
        bob.ask(json!({"action": "list"})).await["data"][0]["pk"],
        Value::from(3)
    );
}

on_every_store!(
    what_was_missed_is_told_as_slowly_as_it_is_read,
    who_is_too_slow_for_what_follows_comes_back_with_what_it_has,
    who_loses_the_room_is_told_no_more_of_it,
);
