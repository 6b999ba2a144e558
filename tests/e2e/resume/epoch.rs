//! The identity of a room's log.

use aftermatch_test_support::{Client, Setup, on_every_store, room};
use serde_json::{Value, json};

/// Joins room 1 after event `since` of the log `epoch`; returns the data of the response.
async fn join(client: &mut Client, epoch: &Value, since: i64) -> Value {
    let join = json!({"action": "join_room", "room_pk": 1, "since_seq": since, "epoch": epoch});
    let response = client.request(join).await;
    assert_eq!(response["response_status"], 200, "{response}");
    response["data"].clone()
}

async fn epoch_is_the_same_for_everyone_and_differs_by_room(setup: Setup) {
    let service = setup.start().await;
    let (mut ann, mut bob) = (service.chat(3).await, service.chat(4).await);
    let mut admin = service.admin_chat(9).await;
    let epoch = ann.join(1).await["data"]["epoch"].clone();
    assert!(
        epoch.as_str().is_some_and(|epoch| !epoch.is_empty()),
        "{epoch}"
    );
    ann.create("hello").await;
    for client in [&mut ann, &mut bob, &mut admin] {
        assert_eq!(client.join(1).await["data"]["epoch"], epoch);
    }
    assert_ne!(ann.join(2).await["data"]["epoch"], epoch);
}

async fn since_of_other_log_is_not_resumed(setup: Setup) {
    let service = setup.start().await;
    let mut ann = service.chat(3).await;
    let epoch = ann.join(1).await["data"]["epoch"].clone();
    ann.create("hello").await;
    let other = ann.join(2).await["data"]["epoch"].clone();
    let resumed = join(&mut ann, &epoch, 1).await;
    assert_eq!(resumed["resumed"], true);
    assert_eq!(ann.receive().await["replay"], true);
    for epoch in [other, json!(""), json!("nonsense")] {
        assert_eq!(join(&mut ann, &epoch, 1).await["resumed"], false);
        ann.expect_silence().await;
    }
    assert_eq!(join(&mut ann, &Value::Null, 1).await["resumed"], true);
}

async fn malformed_epoch_is_refused(setup: Setup) {
    let service = setup.start().await;
    let mut ann = service.chat(3).await;
    for epoch in [json!(7), json!(["x"]), json!("x".repeat(65))] {
        let join = json!({"action": "join_room", "room_pk": 1, "since_seq": 0, "epoch": epoch});
        ann.expect_refusal(join, 400, "invalid_parameter").await;
    }
}

async fn removed_room_that_comes_back_is_another_log(setup: Setup) {
    let service = setup.start().await;
    let (mut ann, mut bob) = (service.chat(3).await, service.joined(4, 1).await);
    let before = ann.join(1).await["data"]["epoch"].clone();
    let created = ann.create("in the old room").await;
    assert_eq!(bob.receive().await, created);
    service.remove_room(1).await;
    service.put_room(room(1, &[1, 2])).await;
    for client in [&mut ann, &mut bob] {
        let closed = client.receive().await;
        assert_eq!(closed["action"], "room_closed", "{closed}");
        assert_eq!(
            closed["data"],
            json!({"room_pk": 1, "reason": "room_removed"})
        );
    }
    let joined = join(&mut ann, &before, 1).await;
    assert_ne!(joined["epoch"], before);
    assert_eq!(
        (&joined["last_seq"], &joined["resumed"]),
        (&json!(0), &json!(false))
    );
    bob.join(1).await;
    let created = ann.create("in the new room").await;
    assert_eq!(created["data"]["seq"], 1);
    assert_eq!(bob.receive().await, created);
}

on_every_store!(
    epoch_is_the_same_for_everyone_and_differs_by_room,
    since_of_other_log_is_not_resumed,
    malformed_epoch_is_refused,
    removed_room_that_comes_back_is_another_log,
);
