use aftermatch_test_support::{
    Client, Service, Setup, create, delete, edit, on_every_store, response_bytes, written,
};
use serde_json::{Value, json};

use super::{numbers, rejoin};

fn join(since: impl Into<Value>) -> Value {
    json!({"action": "join_room", "room_pk": 1, "since_seq": since.into()})
}

const ROOM_1: &str = r#"{"pk":1,"participants":[{"id":1,"fullname":"Alpha"},{"id":2,"fullname":"Beta","big":12345678901234567890123}],"has_business":true,"id":1"#;

async fn replay_shows_net_difference(setup: Setup) {
    let service = setup.start().await;
    let mut ann = service.joined(3, 1).await;
    let mut bob = service.chat(4).await;
    for text in ["two", "three", "four"] {
        ann.create(text).await;
    }
    for action in [edit(2, "two!"), edit(2, "two!!")] {
        ann.request(action).await;
    }
    let with_id = json!({"action": "create_message", "msg_text": "new", "client_msg_id": "a-1"});
    let new = ann.request(with_id).await["data"].clone();
    ann.request(edit(new["id"].clone(), "newer")).await;
    let passing = written(&mut ann, "passing").await;
    ann.request(delete(&[passing])).await;
    ann.request(delete(&[3])).await;
    ann.request(edit(4, "four!")).await;
    ann.request(delete(&[4, 1])).await;

    let joined = response_bytes(&mut bob, join(4)).await;
    let expected = format!(
        r#"{{"errors":[],"data":{ROOM_1},"last_seq":13,"epoch":…,"resumed":true}},"action":"join_room","response_status":200,"request_id":…}}"#
    );
    assert_eq!(joined, expected);
    let (id, at) = (&new["id"], new["created_at"].as_str().expect("a moment"));
    for expected in [
        r#"{"errors":[],"data":{"room_id":1,"message_id":2,"message_text":"two!!","seq":6},"action":"edit_message","response_status":200,"request_id":null,"replay":true}"#,
        &format!(
            r#"{{"errors":[],"data":{{"id":{id},"text":"newer","user":{{"id":3,"email":"ann@example.com"}},"created_at":"{at}","room":{ROOM_1}}},"room_id":1,"client_msg_id":"a-1","seq":7}},"action":"create_message","response_status":201,"request_id":null,"replay":true}}"#
        ),
        r#"{"errors":[],"data":{"room_id":1,"messages_ids":[1,3,4],"seq":11},"action":"delete_messages","response_status":200,"request_id":null,"replay":true}"#,
    ] {
        assert_eq!(bob.receive_text().await, expected);
    }
    let next = ann.create("next").await;
    assert_eq!(next["data"]["seq"], 14);
    let event = bob.receive().await;
    assert_eq!(event, next);
    assert_eq!(event.get("replay"), None);
    bob.expect_silence().await;
    ann.expect_silence().await;
}

async fn three_changes(service: &Service) -> Client {
    let mut ann = service.joined(3, 1).await;
    ann.create("two").await;
    ann.request(edit(1, "one")).await;
    ann
}

async fn join_since_last_seq_replays_nothing(setup: Setup) {
    let service = setup.start().await;
    let mut ann = three_changes(&service).await;
    let (mut bob, mut admin) = (service.chat(4).await, service.admin_chat(9).await);
    for client in [&mut bob, &mut admin] {
        let (response, replayed) = rejoin(client, 3).await;
        assert_eq!(response["data"]["last_seq"], 3);
        assert_eq!(response["data"]["resumed"], true);
        assert_eq!(replayed, Vec::<Value>::new());
        client.request(json!({"action": "leave_room"})).await;
    }
    // A message that was created and deleted meanwhile is not replayed either.
    let passing = written(&mut ann, "passing").await;
    ann.request(delete(&[passing])).await;
    for client in [&mut bob, &mut admin] {
        let (response, replayed) = rejoin(client, 3).await;
        assert_eq!(response["data"]["last_seq"], 5);
        assert_eq!(response["data"]["resumed"], true);
        assert_eq!(replayed, Vec::<Value>::new());
    }
    let next = ann.create("next").await;
    assert_eq!(bob.receive().await, next);
    assert_eq!(admin.receive().await, next);
}

async fn join_since_zero_replays_whole_room(setup: Setup) {
    let service = setup.start().await;
    let mut ann = three_changes(&service).await;
    // The author and an administrator receive it too.
    for client in [&mut ann, &mut service.admin_chat(9).await] {
        let (response, replayed) = rejoin(client, 0).await;
        assert_eq!(response["data"]["resumed"], true);
        assert_eq!(numbers(&replayed), [1, 2]);
        assert_eq!(replayed[0]["data"]["text"], "one");
        assert_eq!(replayed[0]["data"]["user"]["id"], 3);
        assert_eq!(replayed[1]["data"]["text"], "two");
    }
    ann.join(2).await;
    let empty = json!({"action": "join_room", "room_pk": 2, "since_seq": 0});
    let response = ann.request(empty).await;
    assert_eq!(response["data"]["last_seq"], 0);
    assert_eq!(response["data"]["resumed"], true);
    ann.expect_silence().await;
}

async fn join_since_unknown_seq_not_resumed(setup: Setup) {
    let service = setup.start().await;
    let mut ann = three_changes(&service).await;
    let mut bob = service.chat(4).await;
    let expected = format!(
        r#"{{"errors":[],"data":{ROOM_1},"last_seq":3,"epoch":…,"resumed":false}},"action":"join_room","response_status":200,"request_id":…}}"#
    );
    for since in [
        json!(4),
        json!(-1),
        json!(i64::MIN),
        json!(i64::MAX),
        json!(u64::MAX),
    ] {
        assert_eq!(response_bytes(&mut bob, join(since)).await, expected);
        bob.expect_silence().await;
    }
    let beyond =
        r#"{"action":"join_room","room_pk":1,"since_seq":-98765432109876543210,"request_id":7}"#;
    bob.send_text(beyond).await;
    assert_eq!(bob.receive().await["data"]["resumed"], false);
    // The room is joined nevertheless.
    let next = ann.create("next").await;
    assert_eq!(bob.receive().await, next);
}

async fn join_without_since_seq_replays_nothing(setup: Setup) {
    let service = setup.start().await;
    three_changes(&service).await;
    let mut bob = service.chat(4).await;
    let expected = format!(
        r#"{{"errors":[],"data":{ROOM_1},"last_seq":3,"epoch":…}},"action":"join_room","response_status":200,"request_id":…}}"#
    );
    for action in [
        json!({"action": "join_room", "room_pk": 1}),
        join(Value::Null),
    ] {
        assert_eq!(response_bytes(&mut bob, action).await, expected);
        bob.expect_silence().await;
    }
}

async fn since_seq_mistyped_named(setup: Setup) {
    let service = setup.start().await;
    let mut ann = three_changes(&service).await;
    let mut bob = service.joined(4, 1).await;
    for bad in [r#""1""#, "1.0", "1e0", "true", "[1]", "{}"] {
        let request =
            format!(r#"{{"action":"join_room","room_pk":2,"since_seq":{bad},"request_id":7}}"#);
        bob.send_text(&request).await;
        let refused = bob.receive().await;
        assert_eq!(refused["response_status"], 400, "{bad}: {refused}");
        assert_eq!(refused["error_code"], "invalid_parameter", "{bad}");
        let sentence = refused["errors"][0].as_str().expect("a sentence");
        assert!(sentence.contains("`since_seq`"), "{bad}: {sentence}");
    }
    let next = ann.create("next").await;
    assert_eq!(bob.receive().await, next, "the room is still joined");
}

async fn refused_join_replays_nothing_keeps_seat(setup: Setup) {
    let service = setup.start().await;
    let mut ann = three_changes(&service).await;
    let mut bob = service.joined(4, 1).await;
    let mut admin = service.admin_chat(9).await;
    admin.join(1).await;
    for room in [2, 99] {
        let join = json!({"action": "join_room", "room_pk": room, "since_seq": 0});
        bob.expect_refusal(join.clone(), 403, "room_forbidden")
            .await;
        if room == 99 {
            admin.expect_refusal(join, 404, "room_not_found").await;
        }
    }
    let next = ann.create("next").await;
    assert_eq!(bob.receive().await, next);
    assert_eq!(admin.receive().await, next);
    bob.expect_silence().await;
}

async fn rejoin_same_room_replays_since_seq(setup: Setup) {
    let service = setup.start().await;
    let mut ann = service.joined(3, 1).await;
    let mut bob = service.joined(4, 1).await;
    for _ in 0..2 {
        bob.request(create("received")).await;
        ann.receive().await;
    }
    let (response, replayed) = rejoin(&mut bob, 1).await;
    assert_eq!(response["data"]["last_seq"], 3);
    assert_eq!(numbers(&replayed), [2, 3]);
    bob.join(1).await;
    let (_, replayed) = rejoin(&mut bob, 2).await;
    assert_eq!(numbers(&replayed), [3]);
    // The connection still has one seat.
    let next = ann.create("next").await;
    assert_eq!(bob.receive().await, next);
    bob.expect_silence().await;
    ann.expect_silence().await;
}

async fn join_other_room_replays_that_room(setup: Setup) {
    let service = setup.start().await;
    let mut eve = service.joined(5, 2).await;
    let mut bob = service.joined(4, 1).await;
    eve.create("in room 2").await;
    let mut ann = service.joined(3, 1).await;
    let response = ann.join_since(2, 0).await;
    assert_eq!(response["data"]["pk"], 2);
    let missed = ann.receive().await;
    assert_eq!(missed["data"]["room"]["pk"], 2);
    assert_eq!(missed["replay"], true);
    bob.create("in room 1").await;
    ann.expect_silence().await;
    // In room 1 again: `since_seq` is a number of the room that is joined.
    ann.join_since(1, 1).await;
    assert_eq!(ann.receive().await["data"]["text"], "in room 1");
    ann.expect_silence().await;
}

on_every_store!(
    replay_shows_net_difference,
    join_since_last_seq_replays_nothing,
    join_since_zero_replays_whole_room,
    join_since_unknown_seq_not_resumed,
    join_without_since_seq_replays_nothing,
    since_seq_mistyped_named,
    refused_join_replays_nothing_keeps_seat,
    rejoin_same_room_replays_since_seq,
    join_other_room_replays_that_room,
);
