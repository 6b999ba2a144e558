use serde_json::{Value, json};

use super::{answer_bytes, create, delete, edit};
use crate::harness::{Client, Setup, on_every_store};

fn join(room: i64) -> Value {
    json!({"action": "join_room", "room_pk": room})
}

fn leave() -> Value {
    json!({"action": "leave_room"})
}

async fn listed(client: &mut Client) -> Vec<(i64, bool)> {
    let answer = client.ask(json!({"action": "list"})).await;
    let rooms = answer["data"].as_array().expect("a list").iter();
    let told = |room: &Value| Some((room["pk"].as_i64()?, room["has_business"].as_bool()?));
    rooms.map(|room| told(room).expect("a room")).collect()
}

async fn the_list_is_ones_own_rooms_and_to_administrators_all(setup: Setup) {
    let service = setup.start().await;
    for (user, rooms) in [
        (3, [(1, true), (2, false)]),
        (4, [(1, true), (3, true)]),
        (5, [(2, false), (3, true)]),
    ] {
        let mut client = service.chat(user).await;
        assert_eq!(listed(&mut client).await, rooms);
        // The seat changes nothing about it.
        client.join(rooms[0].0).await;
        assert_eq!(listed(&mut client).await, rooms);
    }
    let mut boss = service.admin_chat(9).await;
    assert_eq!(listed(&mut boss).await, [(1, true), (2, false), (3, true)]);
}

async fn a_brand_cannot_tell_a_foreign_room_from_none(setup: Setup) {
    let service = setup.start().await;
    let mut ann = service.chat(3).await;
    let foreign = answer_bytes(&mut ann, join(3)).await;
    assert!(
        foreign.ends_with(r#""error_code":"room_forbidden"}"#),
        "{foreign}"
    );
    assert!(foreign.contains(r#""response_status":403"#), "{foreign}");
    for none in [99, 0, -1, i64::MIN, i64::MAX] {
        assert_eq!(answer_bytes(&mut ann, join(none)).await, foreign);
    }
    ann.refused(leave(), 400, "not_in_room").await;
}

async fn an_administrator_joins_every_room_and_is_told_of_none(setup: Setup) {
    let service = setup.start().await;
    let mut boss = service.admin_chat(9).await;
    for none in [99, 0, -1] {
        boss.refused(join(none), 404, "room_not_found").await;
    }
    for room in [1, 2, 3] {
        assert_eq!(boss.join(room).await["data"]["pk"], room);
    }
}

async fn a_refused_join_leaves_the_seat_where_it_was(setup: Setup) {
    let service = setup.start().await;
    let mut ann = service.joined(3, 1).await;
    let mut boss = service.admin_chat(9).await;
    boss.join(1).await;
    let mut bob = service.joined(4, 1).await;
    ann.refused(join(3), 403, "room_forbidden").await;
    ann.refused(join(99), 403, "room_forbidden").await;
    boss.refused(join(99), 404, "room_not_found").await;
    let told = bob.create("still there?").await;
    assert_eq!(ann.hear().await, told);
    assert_eq!(boss.hear().await, told);
    let current = ann.ask(json!({"action": "current_room_info"})).await;
    assert_eq!(current["data"]["pk"], 1);
    for client in [&mut ann, &mut boss] {
        let left = client.ask(leave()).await;
        assert_eq!(left["data"]["response"], "leaved room 1 successfully!");
    }
}

async fn joining_the_same_room_again_keeps_one_seat(setup: Setup) {
    let service = setup.start().await;
    let mut ann = service.chat(3).await;
    let first = answer_bytes(&mut ann, join(1)).await;
    assert_eq!(answer_bytes(&mut ann, join(1)).await, first);
    let mut bob = service.joined(4, 1).await;
    let told = bob.create("once").await;
    assert_eq!(ann.hear().await, told);
    ann.hears_nothing().await;
    ann.ask(leave()).await;
    ann.refused(leave(), 400, "not_in_room").await;
}

async fn joining_another_room_moves_the_seat(setup: Setup) {
    let service = setup.start().await;
    let mut ann = service.joined(3, 1).await;
    let mut bob = service.joined(4, 1).await;
    let mut eve = service.joined(5, 2).await;
    ann.join(2).await;
    bob.create("to the old room").await;
    ann.hears_nothing().await;
    let told = eve.create("to the new room").await;
    assert_eq!(ann.hear().await, told);
    assert_eq!(told["data"]["room"]["pk"], 2);
    let told = ann.create("from the new room").await;
    assert_eq!(eve.hear().await, told);
    bob.hears_nothing().await;
}

async fn who_left_hears_and_says_nothing_more(setup: Setup) {
    let service = setup.start().await;
    let mut ann = service.joined(3, 2).await;
    let mut eve = service.joined(5, 2).await;
    let left = ann.ask(leave()).await;
    assert_eq!(
        left["data"],
        json!({"response": "leaved room 2 successfully!"})
    );
    eve.hears_nothing().await;
    eve.create("alone").await;
    ann.hears_nothing().await;
    ann.refused(create("a"), 400, "not_in_room").await;
    ann.join(2).await;
    let told = ann.create("back").await;
    assert_eq!(eve.hear().await, told);
    // The first number heard is the next, not one for each change missed.
    assert_eq!(told["data"]["seq"], 2);
}

async fn every_connection_joins_for_itself(setup: Setup) {
    let service = setup.start().await;
    let mut seated = service.joined(3, 1).await;
    let mut standing = service.chat(3).await;
    standing.refused(create("a"), 400, "not_in_room").await;
    seated.create("b").await;
    standing.hears_nothing().await;
}

async fn without_a_joined_room_there_is_little_to_do(setup: Setup) {
    let service = setup.start().await;
    let mut ann = service.chat(3).await;
    let mut boss = service.admin_chat(9).await;
    let too_many = vec![1; 1_001];
    for client in [&mut ann, &mut boss] {
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
        ] {
            client.refused(action, 400, "not_in_room").await;
        }
        assert!(!listed(client).await.is_empty());
    }
    for action in [
        json!({"action": "current_room_info"}),
        json!({"action": "mark_read", "seq": 1}),
    ] {
        ann.refused(action, 400, "not_in_room").await;
    }
}

async fn joins_and_questions_are_answered_to_the_asker_alone(setup: Setup) {
    let service = setup.start().await;
    let mut bob = service.joined(4, 1).await;
    let mut ann = service.chat(3).await;
    let joined = ann.join(1).await;
    let mut current = ann.ask(json!({"action": "current_room_info"})).await;
    assert_eq!(current["response_status"], 200);
    // The one thing that only a join tells.
    current["data"]["last_seq"] = json!(1);
    assert_eq!(current["data"], joined["data"]);
    ann.ask(leave()).await;
    bob.hears_nothing().await;
}

on_every_store!(
    the_list_is_ones_own_rooms_and_to_administrators_all,
    a_brand_cannot_tell_a_foreign_room_from_none,
    an_administrator_joins_every_room_and_is_told_of_none,
    a_refused_join_leaves_the_seat_where_it_was,
    joining_the_same_room_again_keeps_one_seat,
    joining_another_room_moves_the_seat,
    who_left_hears_and_says_nothing_more,
    every_connection_joins_for_itself,
    without_a_joined_room_there_is_little_to_do,
    joins_and_questions_are_answered_to_the_asker_alone,
);
