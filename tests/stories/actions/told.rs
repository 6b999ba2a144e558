use serde_json::{Value, json};

use super::{create, delete, edit, written};
use crate::harness::{Client, Service, Setup, on_every_store};

/// Everyone there can be in room 1: Ann twice, Bob, and the administrator.
async fn all_joined(service: &Service) -> [Client; 4] {
    let mut boss = service.admin_chat(9).await;
    boss.join(1).await;
    let ann = service.joined(3, 1).await;
    let ann_again = service.joined(3, 1).await;
    [ann, ann_again, service.joined(4, 1).await, boss]
}

/// The `nth` of `all` asks; all must hear one and the same frame, byte by byte.
async fn told_to_all(all: &mut [Client], nth: usize, mut action: Value) -> Value {
    action["request_id"] = "mine, unmistakably: 🦀".into();
    all[nth].send_text(&action.to_string()).await;
    let answer = all[nth].text().await;
    for (other, client) in all.iter_mut().enumerate() {
        if other != nth {
            assert_eq!(client.text().await, answer, "{action}");
        }
    }
    let answer: Value = serde_json::from_str(&answer).expect("JSON");
    assert_eq!(answer["request_id"], action["request_id"]);
    assert_eq!(answer["action"], action["action"]);
    answer
}

async fn everyone_joined_hears_the_very_frame_of_the_author(setup: Setup) {
    let service = setup.start().await;
    let mut all = all_joined(&service).await;
    let mut elsewhere = service.joined(3, 2).await;
    let mut standing = service.chat(4).await;
    for nth in 0..4 {
        let created = told_to_all(&mut all, nth, create("good morning")).await;
        assert_eq!(created["response_status"], 201);
        let id = created["data"]["id"].as_i64().expect("an id");
        let edited = told_to_all(&mut all, nth, edit(id, "good evening")).await;
        assert_eq!(edited["response_status"], 200);
        let deleted = told_to_all(&mut all, nth, delete(&[id])).await;
        assert_eq!(deleted["response_status"], 200);
    }
    // And each of them once.
    for client in all.iter_mut().chain([&mut elsewhere, &mut standing]) {
        client.hears_nothing().await;
    }
}

async fn two_connections_of_one_user_are_two_seats(setup: Setup) {
    let service = setup.start().await;
    let mut all = all_joined(&service).await;
    let [ann, rest @ ..] = &mut all;
    let left = ann.ask(json!({"action": "leave_room"})).await;
    assert_eq!(left["response_status"], 200);
    told_to_all(rest, 0, create("my other seat is still taken")).await;
    ann.hears_nothing().await;
}

async fn nobody_hears_of_what_was_refused(setup: Setup) {
    let service = setup.start().await;
    let mut all = all_joined(&service).await;
    let of_bob = written(&mut all[2], "of Bob").await;
    for nth in [0, 1, 3] {
        all[nth].hear().await;
    }
    for (action, status, code) in [
        (create(" "), 400, "text_blank"),
        (edit(1, "\0"), 400, "text_has_nul"),
        (edit(of_bob, "not mine"), 404, "message_not_found"),
        (delete(&[of_bob, 999]), 404, "message_not_found"),
        (delete(&[]), 404, "message_not_found"),
        (
            json!({"action": "join_room", "room_pk": 3}),
            403,
            "room_forbidden",
        ),
        (json!({"action": "dance"}), 405, "unknown_action"),
    ] {
        all[0].refused(action, status, code).await;
    }
    for client in &mut all {
        client.hears_nothing().await;
    }
    // A refused request takes no number either: the third change is the next.
    let next = told_to_all(&mut all, 0, create("and on")).await;
    assert_eq!(next["data"]["seq"], 3);
}

on_every_store!(
    everyone_joined_hears_the_very_frame_of_the_author,
    two_connections_of_one_user_are_two_seats,
    nobody_hears_of_what_was_refused,
);
