use aftermatch_test_support::{
    Client, Service, Setup, Tariff, brand, create, delete, edit, on_every_store, response_bytes,
    room, written,
};
use serde_json::{Value, json};

fn follow(what: &Value) -> Value {
    let mut request = json!({"action": "follow"});
    for (key, value) in what.as_object().expect("an object") {
        request[key] = value.clone();
    }
    request
}

async fn following(service: &Service, user: i64, what: Value) -> Client {
    let mut client = service.chat(user).await;
    accepted(&mut client, &what).await;
    client
}

async fn accepted(client: &mut Client, what: &Value) {
    let response = client.request(follow(what)).await;
    assert_eq!(response["response_status"], 200, "{response}");
}

/// The next frame, which must have this action, without its envelope.
async fn told(client: &mut Client, action: &str) -> Value {
    let frame = client.receive().await;
    assert_eq!(frame["action"], action, "{frame}");
    assert_eq!(frame["request_id"], Value::Null, "{frame}");
    frame["data"].clone()
}

/// What `list` says of a room, in the shape of `room_changed`.
async fn listed(client: &mut Client, room: i64) -> Value {
    let list = client.request_amid_events(json!({"action": "list"})).await;
    let rooms = list["data"].as_array().expect("a list");
    let listed = rooms.iter().find(|listed| listed["pk"] == room);
    let listed = listed.expect("the room");
    let mut changed = json!({"room_pk": room});
    for key in ["last_seq", "unread", "read_seq", "last_message"] {
        if let Some(value) = listed.get(key) {
            changed[key] = value.clone();
        }
    }
    changed
}

async fn follow_answers_with_what_is_in_force(setup: Setup) {
    let setup = setup.max_text_chars(77);
    let service = setup
        .limits(|limits| limits.requests_per_second = None)
        .start()
        .await;
    let mut ann = service.chat(3).await;
    let response = response_bytes(&mut ann, follow(&json!({"rooms": true, "typing": true}))).await;
    let (begin, end) = response.split_once(r#","server_time":""#).expect("a time");
    let expected = r#"{"errors":[],"data":{"rooms":true,"typing":true,"presence":false,"read_positions":false,"limits":{"text_chars":77,"frame_bytes":65536,"ids_per_delete":1000,"page":100,"replay":500,"requests_per_second":null,"ping_ms":25000,"idle_ms":60000"#;
    assert_eq!(begin, expected);
    assert!(
        end.ends_with(
            r#"Z","attachments":0}},"action":"follow","response_status":200,"request_id":…}"#
        ),
        "{end}"
    );
    for (what, rooms, typing) in [
        (json!({}), true, true),
        (json!({"typing": false}), true, false),
        (json!({"rooms": false}), false, false),
    ] {
        let response = ann.request(follow(&what)).await;
        assert_eq!(response["data"]["rooms"], rooms, "{response}");
        assert_eq!(response["data"]["typing"], typing, "{response}");
    }
    ann.expect_refusal(follow(&json!({"rooms": [1]})), 400, "invalid_parameter")
        .await;
    let mut admin = service.admin_chat(9).await;
    let these = admin.request(follow(&json!({"rooms": [2, 1]}))).await;
    assert_eq!(these["data"]["rooms"], json!([2, 1]));
    admin
        .expect_refusal(follow(&json!({"rooms": [1, 404]})), 404, "room_not_found")
        .await;
}

async fn followers_hear_of_events_in_rooms_they_have_not_joined(setup: Setup) {
    let service = setup.start().await;
    let mut ann = following(&service, 3, json!({"rooms": true})).await;
    let mut eve = following(&service, 5, json!({"rooms": true})).await;
    let mut deaf = service.chat(3).await;
    let mut bob = service.joined(4, 1).await;
    let id = written(&mut bob, "hello").await;
    let changed = told(&mut ann, "room_changed").await;
    assert_eq!(changed["last_seq"], 2);
    assert_eq!(changed["unread"], 1);
    assert_eq!(changed["last_message"]["text"], "hello");
    assert_eq!(changed, listed(&mut ann, 1).await);
    bob.request(edit(id, "changed")).await;
    let changed = told(&mut ann, "room_changed").await;
    assert_eq!(changed["last_message"]["text"], "changed");
    bob.request(delete(&[id])).await;
    let changed = told(&mut ann, "room_changed").await;
    assert_eq!(changed["unread"], 0);
    assert_eq!(changed, listed(&mut ann, 1).await);
    eve.expect_silence().await;
    deaf.expect_silence().await;
}

async fn joined_room_is_heard_once(setup: Setup) {
    let service = setup.start().await;
    let mut ann = following(&service, 3, json!({"rooms": true})).await;
    ann.join(1).await;
    let mut bob = service.joined(4, 1).await;
    bob.request(create("one")).await;
    assert_eq!(ann.receive().await["action"], "create_message");
    ann.expect_silence().await;
    let left = ann.request(json!({"action": "leave_room"})).await;
    assert_eq!(left["response_status"], 200);
    let changed = told(&mut ann, "room_changed").await;
    assert_eq!(changed, listed(&mut ann, 1).await);
}

async fn many_events_become_one_newest_state(setup: Setup) {
    let service = setup.start().await;
    let mut ann = following(&service, 3, json!({"rooms": true})).await;
    let mut bob = service.joined(4, 1).await;
    for nth in 0..20 {
        bob.request(create(&nth.to_string())).await;
    }
    let mut changes = 0;
    loop {
        let changed = told(&mut ann, "room_changed").await;
        changes += 1;
        if changed["last_seq"] == 21 {
            assert_eq!(changed, listed(&mut ann, 1).await);
            break;
        }
    }
    assert!(changes <= 5, "{changes}");
    ann.expect_silence().await;
}

async fn read_mark_reaches_the_other_connections_of_the_user(setup: Setup) {
    let service = setup.start().await;
    let mut phone = following(&service, 3, json!({"rooms": true, "read_positions": true})).await;
    let mut bob = following(&service, 4, json!({"rooms": true, "read_positions": true})).await;
    bob.join(1).await;
    bob.request(create("two")).await;
    assert_eq!(told(&mut phone, "room_changed").await["unread"], 1);
    let mut page = service.joined(3, 1).await;
    page.request(json!({"action": "mark_read", "seq": 2, "private": true}))
        .await;
    let read = json!({"room_pk": 1, "user_id": 3, "seq": 2});
    assert_eq!(told(&mut phone, "read").await, read);
    let changed = told(&mut phone, "room_changed").await;
    assert_eq!(
        (&changed["unread"], &changed["read_seq"]),
        (&json!(0), &json!(2))
    );
    assert_eq!(changed["read_positions"], json!([]), "it was private");
    bob.expect_silence().await;
    page.request(json!({"action": "mark_read", "seq": 2})).await;
    assert_eq!(told(&mut bob, "read").await, read);
    let joined = bob.join(1).await;
    assert_eq!(
        joined["data"]["read_positions"],
        json!([{"user_id": 3, "seq": 2}])
    );
    page.expect_silence().await;
}

async fn what_was_read_in_private_stays_so(setup: Setup) {
    let service = setup.start().await;
    let mut bob = following(&service, 4, json!({"read_positions": true})).await;
    bob.join(1).await;
    for text in ["two", "three"] {
        bob.request(create(text)).await;
    }
    let mut ann = service.joined(3, 1).await;
    let mark =
        |seq: i64, private: bool| json!({"action": "mark_read", "seq": seq, "private": private});
    ann.request(mark(3, true)).await;
    let marked = ann.request(mark(2, false)).await;
    assert_eq!(marked["data"]["seq"], 3, "{marked}");
    let read = json!({"room_pk": 1, "user_id": 3, "seq": 2});
    assert_eq!(told(&mut bob, "read").await, read);
    bob.expect_silence().await;
}

async fn followers_turn_to_the_rooms_of_their_new_brand(setup: Setup) {
    let service = setup.start().await;
    let mut ann = following(&service, 3, json!({"rooms": true})).await;
    let mut bob = service.joined(4, 1).await;
    let given = brand(1, 8, Tariff::Light, None);
    let instead = brand(50, 3, Tariff::Light, None);
    service.hand_over(given, instead).await;
    let mut removed = Vec::new();
    for _ in 0..2 {
        let frame = told(&mut ann, "room_removed").await;
        assert_eq!(frame["reason"], "brand_lost");
        removed.extend(frame["room_pk"].as_i64());
    }
    removed.sort_unstable();
    assert_eq!(removed, [1, 2]);
    bob.request(create("not for Ann")).await;
    ann.expect_silence().await;
    service.put_room(room(7, &[50, 2])).await;
    assert_eq!(told(&mut ann, "room_added").await["pk"], 7);
    bob.join(7).await;
    bob.request(create("for Ann")).await;
    assert_eq!(told(&mut ann, "room_changed").await["unread"], 1);
}

async fn rooms_come_into_reach_and_go(setup: Setup) {
    let service = setup.start().await;
    let mut ann = following(&service, 3, json!({"rooms": true})).await;
    let mut admin = service.admin_chat(9).await;
    accepted(&mut admin, &json!({"rooms": true})).await;
    service.put_room(room(7, &[1, 3])).await;
    let added = told(&mut ann, "room_added").await;
    assert_eq!((&added["pk"], &added["unread"]), (&json!(7), &json!(0)));
    let added = told(&mut admin, "room_added").await;
    assert_eq!((&added["pk"], added.get("unread")), (&json!(7), None));
    service.put_room(room(7, &[1, 3, 2])).await;
    let changed = told(&mut ann, "room_changed").await;
    assert_eq!(participants(&changed["room"]), [1, 3, 2]);
    service.put_room(room(7, &[3, 2])).await;
    let removed = json!({"room_pk": 7, "reason": "brand_removed"});
    assert_eq!(told(&mut ann, "room_removed").await, removed);
    service.remove_room(7).await;
    loop {
        let frame = admin.receive().await;
        if frame["action"] == "room_removed" {
            let removed = json!({"room_pk": 7, "reason": "room_removed"});
            assert_eq!(frame["data"], removed);
            break;
        }
        assert_eq!(frame["action"], "room_changed", "{frame}");
    }
    ann.expect_silence().await;
}

fn participants(room: &Value) -> Vec<i64> {
    let participants = room["participants"].as_array().expect("a list").iter();
    let ids = participants.map(|brand| brand["id"].as_i64().expect("an id"));
    ids.collect()
}

async fn administrators_follow_all_rooms_or_some(setup: Setup) {
    let service = setup.start().await;
    let mut all = service.admin_chat(9).await;
    accepted(&mut all, &json!({"rooms": true})).await;
    let mut one = service.admin_chat(9).await;
    accepted(&mut one, &json!({"rooms": [2]})).await;
    service.joined(4, 1).await.request(create("in 1")).await;
    service.joined(5, 2).await.request(create("in 2")).await;
    let mut rooms = Vec::new();
    for _ in 0..2 {
        let changed = told(&mut all, "room_changed").await;
        assert_eq!(changed.get("unread"), None);
        rooms.extend(changed["room_pk"].as_i64());
    }
    rooms.sort_unstable();
    assert_eq!(rooms, [1, 2], "in any order");
    assert_eq!(told(&mut one, "room_changed").await["room_pk"], 2);
    one.expect_silence().await;
}

async fn typing_is_seen_until_the_message(setup: Setup) {
    let service = setup.start().await;
    let mut ann = following(&service, 3, json!({"typing": true})).await;
    ann.join(1).await;
    let mut bob = service.joined(4, 1).await;
    let response = response_bytes(&mut bob, json!({"action": "typing"})).await;
    let expected = r#"{"errors":[],"data":{"room_pk":1},"action":"typing","response_status":200,"request_id":…}"#;
    assert_eq!(response, expected);
    let users = json!({"room_pk": 1, "user_ids": [4]});
    assert_eq!(told(&mut ann, "typing").await, users);
    bob.request(create("done")).await;
    assert_eq!(ann.receive().await["action"], "create_message");
    let nobody = json!({"room_pk": 1, "user_ids": []});
    assert_eq!(told(&mut ann, "typing").await, nobody);
    bob.request(json!({"action": "typing"})).await;
    assert_eq!(told(&mut ann, "typing").await, users);
    bob.request(json!({"action": "leave_room"})).await;
    assert_eq!(told(&mut ann, "typing").await, nobody);
    bob.expect_refusal(json!({"action": "typing"}), 400, "not_in_room")
        .await;
    let mut admin = service.admin_joined(9, 2).await;
    admin
        .expect_refusal(json!({"action": "typing"}), 403, "business_required")
        .await;
}

async fn presence_is_seen_in_joined_and_followed_rooms(setup: Setup) {
    let service = setup.start().await;
    let what = json!({"rooms": true, "presence": true});
    let mut ann = following(&service, 3, what).await;
    let joined = ann.join(1).await;
    assert_eq!(joined["data"]["online"], json!([1]));
    let bob = service.chat(4).await;
    assert_eq!(
        told(&mut ann, "presence").await,
        json!({"brand_id": 2, "online": true})
    );
    let eve = service.chat(5).await;
    let changed = told(&mut ann, "room_changed").await;
    assert_eq!(
        (&changed["room_pk"], &changed["online"]),
        (&json!(2), &json!([3, 1]))
    );
    let list = ann.request(json!({"action": "list"})).await;
    assert_eq!(list["data"][0]["online"], json!([1, 2]));
    drop((bob, eve));
    let mut away = [ann.receive().await, ann.receive().await];
    away.sort_by_key(|frame| frame["action"].as_str().map(str::to_owned));
    assert_eq!(away[0]["data"]["online"], false);
    let last_seen = away[0]["data"]["last_seen"].as_str();
    assert!(
        last_seen.is_some_and(|time| time.ends_with('Z')),
        "{away:?}"
    );
    assert_eq!(away[1]["data"]["online"], json!([1]));
    // An administrator is never seen.
    let _admin = service.admin_joined(9, 1).await;
    ann.expect_silence().await;
}

async fn lean_seat_has_messages_without_room(setup: Setup) {
    let service = setup.start().await;
    let mut ann = service.chat(3).await;
    let join = json!({"action": "join_room", "room_pk": 1, "lean": true});
    let joined = ann.request(join).await;
    assert_eq!(joined["data"]["pk"], 1);
    let mut bob = service.joined(4, 1).await;
    let whole = bob.create("hello").await;
    assert_eq!(whole["data"]["room"]["pk"], 1);
    let mut lean = ann.receive().await;
    assert_eq!(lean["data"].get("room"), None, "{lean}");
    lean["data"]["room"] = whole["data"]["room"].clone();
    assert_eq!(lean, whole, "the rest is the same");
    let own = ann.create("own").await;
    assert_eq!(own["data"].get("room"), None, "{own}");
    service.put_room(room(1, &[1, 2, 3])).await;
    let changed = told(&mut ann, "room_changed").await;
    assert_eq!(participants(&changed["room"]), [1, 2, 3]);
    let again = ann
        .request(json!({"action": "join_room", "room_pk": 1, "lean": true, "since_seq": 1}))
        .await;
    assert_eq!(again["data"]["resumed"], true);
    for text in ["hello", "own"] {
        let replayed = ann.receive().await;
        assert_eq!(replayed["data"]["text"], text);
        assert_eq!(replayed["data"].get("room"), None);
    }
}

async fn list_has_own_read_position(setup: Setup) {
    let service = setup.start().await;
    let mut ann = service.joined(3, 1).await;
    ann.request(json!({"action": "mark_read", "seq": 1})).await;
    let list = ann.request(json!({"action": "list"})).await;
    assert_eq!(list["data"][0]["read_seq"], 1);
    assert_eq!(list["data"][1]["read_seq"], 0);
    let mut admin = service.admin_chat(9).await;
    let list = admin.request(json!({"action": "list"})).await;
    assert_eq!(list["data"][0].get("read_seq"), None);
}

on_every_store!(
    follow_answers_with_what_is_in_force,
    followers_hear_of_events_in_rooms_they_have_not_joined,
    joined_room_is_heard_once,
    many_events_become_one_newest_state,
    read_mark_reaches_the_other_connections_of_the_user,
    what_was_read_in_private_stays_so,
    followers_turn_to_the_rooms_of_their_new_brand,
    rooms_come_into_reach_and_go,
    administrators_follow_all_rooms_or_some,
    typing_is_seen_until_the_message,
    presence_is_seen_in_joined_and_followed_rooms,
    lean_seat_has_messages_without_room,
    list_has_own_read_position,
);
