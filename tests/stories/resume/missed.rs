use serde_json::{Value, json};

use super::{comes_back, numbers};
use crate::harness::{
    Client, Service, Setup, answer_bytes, create, delete, edit, on_every_store, written,
};

fn join(since: impl Into<Value>) -> Value {
    json!({"action": "join_room", "room_pk": 1, "since_seq": since.into()})
}

const ROOM_1: &str = r#"{"pk":1,"participants":[{"id":1,"fullname":"Alpha"},{"id":2,"fullname":"Beta","big":12345678901234567890123}],"has_business":true"#;

async fn what_was_missed_is_told_as_what_is_different_now(setup: Setup) {
    let service = setup.start().await;
    let mut ann = service.joined(3, 1).await;
    let mut bob = service.chat(4).await;
    for text in ["two", "three", "four"] {
        ann.create(text).await;
    }
    for action in [edit(2, "two!"), edit(2, "two!!")] {
        ann.ask(action).await;
    }
    let named = json!({"action": "create_message", "msg_text": "new", "client_msg_id": "a-1"});
    let new = ann.ask(named).await["data"].clone();
    ann.ask(edit(new["id"].clone(), "newer")).await;
    let passing = written(&mut ann, "passing").await;
    ann.ask(delete(&[passing])).await;
    ann.ask(delete(&[3])).await;
    ann.ask(edit(4, "four!")).await;
    ann.ask(delete(&[4, 1])).await;

    let joined = answer_bytes(&mut bob, join(4)).await;
    let expected = format!(
        r#"{{"errors":[],"data":{ROOM_1},"last_seq":13,"resumed":true}},"action":"join_room","response_status":200,"request_id":…}}"#
    );
    assert_eq!(joined, expected);
    let (id, at) = (&new["id"], new["created_at"].as_str().expect("a moment"));
    for expected in [
        r#"{"errors":[],"data":{"room_id":1,"message_id":2,"message_text":"two!!","seq":6},"action":"edit_message","response_status":200,"request_id":null,"replay":true}"#,
        &format!(
            r#"{{"errors":[],"data":{{"id":{id},"text":"newer","user":{{"id":3,"email":"ann@example.com"}},"created_at":"{at}","room":{ROOM_1}}},"client_msg_id":"a-1","seq":7}},"action":"create_message","response_status":201,"request_id":null,"replay":true}}"#
        ),
        r#"{"errors":[],"data":{"room_id":1,"messages_ids":[1,3,4],"seq":11},"action":"delete_messages","response_status":200,"request_id":null,"replay":true}"#,
    ] {
        assert_eq!(bob.text().await, expected);
    }
    let next = ann.create("next").await;
    assert_eq!(next["data"]["seq"], 14);
    let heard = bob.hear().await;
    assert_eq!(heard, next);
    assert_eq!(heard.get("replay"), None);
    bob.hears_nothing().await;
    ann.hears_nothing().await;
}

async fn three_changes(service: &Service) -> Client {
    let mut ann = service.joined(3, 1).await;
    ann.create("two").await;
    ann.ask(edit(1, "one")).await;
    ann
}

async fn who_missed_nothing_is_told_nothing(setup: Setup) {
    let service = setup.start().await;
    let mut ann = three_changes(&service).await;
    let (mut bob, mut boss) = (service.chat(4).await, service.admin_chat(9).await);
    for client in [&mut bob, &mut boss] {
        let (answer, told) = comes_back(client, 3).await;
        assert_eq!(answer["data"]["last_seq"], 3);
        assert_eq!(answer["data"]["resumed"], true);
        assert_eq!(told, Vec::<Value>::new());
        client.ask(json!({"action": "leave_room"})).await;
    }
    // What came and went meanwhile is nothing, either.
    let passing = written(&mut ann, "passing").await;
    ann.ask(delete(&[passing])).await;
    for client in [&mut bob, &mut boss] {
        let (answer, told) = comes_back(client, 3).await;
        assert_eq!(answer["data"]["last_seq"], 5);
        assert_eq!(answer["data"]["resumed"], true);
        assert_eq!(told, Vec::<Value>::new());
    }
    let next = ann.create("next").await;
    assert_eq!(bob.hear().await, next);
    assert_eq!(boss.hear().await, next);
}

async fn since_zero_is_the_whole_room(setup: Setup) {
    let service = setup.start().await;
    let mut ann = three_changes(&service).await;
    // To the author, too, and to an administrator.
    for client in [&mut ann, &mut service.admin_chat(9).await] {
        let (answer, told) = comes_back(client, 0).await;
        assert_eq!(answer["data"]["resumed"], true);
        assert_eq!(numbers(&told), [1, 2]);
        assert_eq!(told[0]["data"]["text"], "one");
        assert_eq!(told[0]["data"]["user"]["id"], 3);
        assert_eq!(told[1]["data"]["text"], "two");
    }
    ann.join(2).await;
    let empty = json!({"action": "join_room", "room_pk": 2, "since_seq": 0});
    let answer = ann.ask(empty).await;
    assert_eq!(answer["data"]["last_seq"], 0);
    assert_eq!(answer["data"]["resumed"], true);
    ann.hears_nothing().await;
}

async fn a_number_that_never_was_is_not_resumed_from(setup: Setup) {
    let service = setup.start().await;
    let mut ann = three_changes(&service).await;
    let mut bob = service.chat(4).await;
    let expected = format!(
        r#"{{"errors":[],"data":{ROOM_1},"last_seq":3,"resumed":false}},"action":"join_room","response_status":200,"request_id":…}}"#
    );
    for since in [
        json!(4),
        json!(-1),
        json!(i64::MIN),
        json!(i64::MAX),
        json!(u64::MAX),
    ] {
        assert_eq!(answer_bytes(&mut bob, join(since)).await, expected);
        bob.hears_nothing().await;
    }
    let beyond =
        r#"{"action":"join_room","room_pk":1,"since_seq":-98765432109876543210,"request_id":7}"#;
    bob.send_text(beyond).await;
    assert_eq!(bob.hear().await["data"]["resumed"], false);
    // The seat is taken all the same.
    let next = ann.create("next").await;
    assert_eq!(bob.hear().await, next);
}

async fn who_does_not_ask_is_told_nothing(setup: Setup) {
    let service = setup.start().await;
    three_changes(&service).await;
    let mut bob = service.chat(4).await;
    let expected = format!(
        r#"{{"errors":[],"data":{ROOM_1},"last_seq":3}},"action":"join_room","response_status":200,"request_id":…}}"#
    );
    for action in [
        json!({"action": "join_room", "room_pk": 1}),
        join(Value::Null),
    ] {
        assert_eq!(answer_bytes(&mut bob, action).await, expected);
        bob.hears_nothing().await;
    }
}

async fn what_is_no_number_is_named(setup: Setup) {
    let service = setup.start().await;
    let mut ann = three_changes(&service).await;
    let mut bob = service.joined(4, 1).await;
    for bad in [r#""1""#, "1.0", "1e0", "true", "[1]", "{}"] {
        let request =
            format!(r#"{{"action":"join_room","room_pk":2,"since_seq":{bad},"request_id":7}}"#);
        bob.send_text(&request).await;
        let refused = bob.hear().await;
        assert_eq!(refused["response_status"], 400, "{bad}: {refused}");
        assert_eq!(refused["error_code"], "invalid_parameter", "{bad}");
        let sentence = refused["errors"][0].as_str().expect("a sentence");
        assert!(sentence.contains("`since_seq`"), "{bad}: {sentence}");
    }
    let next = ann.create("next").await;
    assert_eq!(bob.hear().await, next, "the seat is where it was");
}

async fn who_is_refused_is_told_nothing_and_stays_where_it_is(setup: Setup) {
    let service = setup.start().await;
    let mut ann = three_changes(&service).await;
    let mut bob = service.joined(4, 1).await;
    let mut boss = service.admin_chat(9).await;
    boss.join(1).await;
    for room in [2, 99] {
        let join = json!({"action": "join_room", "room_pk": room, "since_seq": 0});
        bob.refused(join.clone(), 403, "room_forbidden").await;
        if room == 99 {
            boss.refused(join, 404, "room_not_found").await;
        }
    }
    let next = ann.create("next").await;
    assert_eq!(bob.hear().await, next);
    assert_eq!(boss.hear().await, next);
    bob.hears_nothing().await;
}

async fn the_same_seat_can_be_taken_again_with_what_was_missed(setup: Setup) {
    let service = setup.start().await;
    let mut ann = service.joined(3, 1).await;
    let mut bob = service.joined(4, 1).await;
    for _ in 0..2 {
        bob.ask(create("heard")).await;
        ann.hear().await;
    }
    let (answer, told) = comes_back(&mut bob, 1).await;
    assert_eq!(answer["data"]["last_seq"], 3);
    assert_eq!(numbers(&told), [2, 3]);
    bob.join(1).await;
    let (_, told) = comes_back(&mut bob, 2).await;
    assert_eq!(numbers(&told), [3]);
    // It is one seat.
    let next = ann.create("next").await;
    assert_eq!(bob.hear().await, next);
    bob.hears_nothing().await;
    ann.hears_nothing().await;
}

async fn who_moves_is_told_of_the_new_room_alone(setup: Setup) {
    let service = setup.start().await;
    let mut eve = service.joined(5, 2).await;
    let mut bob = service.joined(4, 1).await;
    eve.create("in room 2").await;
    let mut ann = service.joined(3, 1).await;
    let answer = ann.join_since(2, 0).await;
    assert_eq!(answer["data"]["pk"], 2);
    let missed = ann.hear().await;
    assert_eq!(missed["data"]["room"]["pk"], 2);
    assert_eq!(missed["replay"], true);
    bob.create("in room 1").await;
    ann.hears_nothing().await;
    // And back: the number is one of the room that is joined.
    ann.join_since(1, 1).await;
    assert_eq!(ann.hear().await["data"]["text"], "in room 1");
    ann.hears_nothing().await;
}

on_every_store!(
    what_was_missed_is_told_as_what_is_different_now,
    who_missed_nothing_is_told_nothing,
    since_zero_is_the_whole_room,
    a_number_that_never_was_is_not_resumed_from,
    who_does_not_ask_is_told_nothing,
    what_is_no_number_is_named,
    who_is_refused_is_told_nothing_and_stays_where_it_is,
    the_same_seat_can_be_taken_again_with_what_was_missed,
    who_moves_is_told_of_the_new_room_alone,
);
