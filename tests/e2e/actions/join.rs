use aftermatch_test_support::{
    Client, Setup, create, delete, edit, on_every_store, response_bytes,
};
use serde_json::{Value, json};

fn join(room: i64) -> Value {
    json!({"action": "join_room", "room_pk": room})
}

fn leave() -> Value {
    json!({"action": "leave_room"})
}

async fn listed(client: &mut Client) -> Vec<(i64, bool)> {
    let response = client.request(json!({"action": "list"})).await;
    let rooms = response["data"].as_array().expect("a list").iter();
    let summary = |room: &Value| Some((room["pk"].as_i64()?, room["has_business"].as_bool()?));
    rooms.map(|room| summary(room).expect("a room")).collect()
}

async fn list_shows_own_rooms_admin_all(setup: Setup) {
    let service = setup.start().await;
    for (user, rooms) in [
        (3, [(1, true), (2, false)]),
        (4, [(1, true), (3, true)]),
        (5, [(2, false), (3, true)]),
    ] {
        let mut client = service.chat(user).await;
        assert_eq!(listed(&mut client).await, rooms);
        // Joining a room does not change the list.
        client.join(rooms[0].0).await;
        assert_eq!(listed(&mut client).await, rooms);
    }
    let mut admin = service.admin_chat(9).await;
    assert_eq!(listed(&mut admin).await, [(1, true), (2, false), (3, true)]);
}

async fn join_foreign_room_looks_nonexistent(setup: Setup) {
    let service = setup.start().await;
    let mut ann = service.chat(3).await;
    let foreign = response_bytes(&mut ann, join(3)).await;
    assert!(
        foreign.ends_with(r#""error_code":"room_forbidden"}"#),
        "{foreign}"
    );
    assert!(foreign.contains(r#""response_status":403"#), "{foreign}");
    for none in [99, 0, -1, i64::MIN, i64::MAX] {
        assert_eq!(response_bytes(&mut ann, join(none)).await, foreign);
    }
    ann.expect_refusal(leave(), 400, "not_in_room").await;
}

async fn admin_joins_any_existing_room(setup: Setup) {
    let service = setup.start().await;
    let mut admin = service.admin_chat(9).await;
    for none in [99, 0, -1] {
        admin
            .expect_refusal(join(none), 404, "room_not_found")
            .await;
    }
    for room in [1, 2, 3] {
        assert_eq!(admin.join(room).await["data"]["pk"], room);
    }
}

async fn join_forbidden_room_keeps_seat(setup: Setup) {
    let service = setup.start().await;
    let mut ann = service.joined(3, 1).await;
    let mut admin = service.admin_chat(9).await;
    admin.join(1).await;
    let mut bob = service.joined(4, 1).await;
    ann.expect_refusal(join(3), 403, "room_forbidden").await;
    ann.expect_refusal(join(99), 403, "room_forbidden").await;
    admin.expect_refusal(join(99), 404, "room_not_found").await;
    let event = bob.create("still there?").await;
    assert_eq!(ann.receive().await, event);
    assert_eq!(admin.receive().await, event);
    let current = ann.request(json!({"action": "current_room_info"})).await;
    assert_eq!(current["data"]["pk"], 1);
    for client in [&mut ann, &mut admin] {
        let left = client.request(leave()).await;
        assert_eq!(left["data"]["response"], "leaved room 1 successfully!");
    }
}

async fn join_same_room_keeps_one_seat(setup: Setup) {
    let service = setup.start().await;
    let mut ann = service.chat(3).await;
    let first = response_bytes(&mut ann, join(1)).await;
    assert_eq!(response_bytes(&mut ann, join(1)).await, first);
    let mut bob = service.joined(4, 1).await;
    let event = bob.create("once").await;
    assert_eq!(ann.receive().await, event);
    ann.expect_silence().await;
    ann.request(leave()).await;
    ann.expect_refusal(leave(), 400, "not_in_room").await;
}

async fn join_other_room_moves_seat(setup: Setup) {
    let service = setup.start().await;
    let mut ann = service.joined(3, 1).await;
    let mut bob = service.joined(4, 1).await;
    let mut eve = service.joined(5, 2).await;
    ann.join(2).await;
    bob.create("to the old room").await;
    ann.expect_silence().await;
    let event = eve.create("to the new room").await;
    assert_eq!(ann.receive().await, event);
    assert_eq!(event["data"]["room"]["pk"], 2);
    let event = ann.create("from the new room").await;
    assert_eq!(eve.receive().await, event);
    bob.expect_silence().await;
}

async fn leave_ends_delivery_and_writing(setup: Setup) {
    let service = setup.start().await;
    let mut ann = service.joined(3, 2).await;
    let mut eve = service.joined(5, 2).await;
    let left = ann.request(leave()).await;
    assert_eq!(
        left["data"],
        json!({"response": "leaved room 2 successfully!"})
    );
    eve.expect_silence().await;
    eve.create("alone").await;
    ann.expect_silence().await;
    ann.expect_refusal(create("a"), 400, "not_in_room").await;
    ann.join(2).await;
    let event = ann.create("back").await;
    assert_eq!(eve.receive().await, event);
    // The first event received is the next one; missed events are not sent.
    assert_eq!(event["data"]["seq"], 2);
}

async fn join_applies_to_one_connection(setup: Setup) {
    let service = setup.start().await;
    let mut joined_ann = service.joined(3, 1).await;
    let mut not_joined = service.chat(3).await;
    not_joined
        .expect_refusal(create("a"), 400, "not_in_room")
        .await;
    joined_ann.create("b").await;
    not_joined.expect_silence().await;
}

async fn actions_without_joined_room_refused(setup: Setup) {
    let service = setup.start().await;
    let mut ann = service.chat(3).await;
    let mut admin = service.admin_chat(9).await;
    let too_many = vec![1; 1_001];
    for client in [&mut ann, &mut admin] {
        for action in [
            leave(),
            create("a"),
            create(" "),
            edit(1, "a"),
            edit(1, ""),
            delete(&[1]),
            delete(&[]),
            delete(&too_many),
            json!({"action": "get_room_messages"}),
            json!({"action": "get_room_messages", "page": 1}),
            json!({"action": "search_messages", "text": "a"}),
            json!({"action": "search_messages", "text": ""}),
        ] {
            client.expect_refusal(action, 400, "not_in_room").await;
        }
        assert!(!listed(client).await.is_empty());
    }
    for action in [
        json!({"action": "current_room_info"}),
        json!({"action": "mark_read", "seq": 1}),
    ] {
        ann.expect_refusal(action, 400, "not_in_room").await;
    }
}

async fn join_and_info_answer_requester_only(setup: Setup) {
    let service = setup.start().await;
    let mut bob = service.joined(4, 1).await;
    let mut ann = service.chat(3).await;
    let joined = ann.join(1).await;
    let mut current = ann.request(json!({"action": "current_room_info"})).await;
    assert_eq!(current["response_status"], 200);
    // Only the response to a join has these.
    current["data"]["last_seq"] = json!(1);
    current["data"]["epoch"] = joined["data"]["epoch"].clone();
    assert_eq!(current["data"], joined["data"]);
    ann.request(leave()).await;
    bob.expect_silence().await;
}

on_every_store!(
    list_shows_own_rooms_admin_all,
    join_foreign_room_looks_nonexistent,
    admin_joins_any_existing_room,
    join_forbidden_room_keeps_seat,
    join_same_room_keeps_one_seat,
    join_other_room_moves_seat,
    leave_ends_delivery_and_writing,
    join_applies_to_one_connection,
    actions_without_joined_room_refused,
    join_and_info_answer_requester_only,
);
