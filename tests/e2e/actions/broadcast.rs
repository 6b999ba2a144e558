use aftermatch_test_support::{
    Client, Service, Setup, create, delete, edit, on_every_store, written,
};
use serde_json::{Value, json};

/// One client of each kind in room 1: Ann twice, Bob, and the administrator.
async fn all_joined(service: &Service) -> [Client; 4] {
    let mut admin = service.admin_chat(9).await;
    admin.join(1).await;
    let ann = service.joined(3, 1).await;
    let ann_again = service.joined(3, 1).await;
    [ann, ann_again, service.joined(4, 1).await, admin]
}

/// The client `nth` sends `action`; all must receive the same bytes.
async fn broadcast_to_all(all: &mut [Client], nth: usize, mut action: Value) -> Value {
    action["request_id"] = "mine, unmistakably: 🦀".into();
    all[nth].send_text(&action.to_string()).await;
    let response = all[nth].receive_text().await;
    for (other, client) in all.iter_mut().enumerate() {
        if other != nth {
            assert_eq!(client.receive_text().await, response, "{action}");
        }
    }
    let response: Value = serde_json::from_str(&response).expect("JSON");
    assert_eq!(response["request_id"], action["request_id"]);
    assert_eq!(response["action"], action["action"]);
    response
}

async fn subscribers_receive_authors_frame_unchanged(setup: Setup) {
    let service = setup.start().await;
    let mut all = all_joined(&service).await;
    let mut elsewhere = service.joined(3, 2).await;
    let mut not_joined = service.chat(4).await;
    for nth in 0..4 {
        let created = broadcast_to_all(&mut all, nth, create("good morning")).await;
        assert_eq!(created["response_status"], 201);
        let id = created["data"]["id"].as_i64().expect("an id");
        let edited = broadcast_to_all(&mut all, nth, edit(id, "good evening")).await;
        assert_eq!(edited["response_status"], 200);
        let deleted = broadcast_to_all(&mut all, nth, delete(&[id])).await;
        assert_eq!(deleted["response_status"], 200);
    }
    // Each event came once.
    for client in all.iter_mut().chain([&mut elsewhere, &mut not_joined]) {
        client.expect_silence().await;
    }
}

async fn user_connections_have_separate_seats(setup: Setup) {
    let service = setup.start().await;
    let mut all = all_joined(&service).await;
    let [ann, rest @ ..] = &mut all;
    let left = ann.request(json!({"action": "leave_room"})).await;
    assert_eq!(left["response_status"], 200);
    broadcast_to_all(rest, 0, create("my other connection is still in the room")).await;
    ann.expect_silence().await;
}

async fn refused_request_reaches_nobody_else(setup: Setup) {
    let service = setup.start().await;
    let mut all = all_joined(&service).await;
    let of_bob = written(&mut all[2], "of Bob").await;
    for nth in [0, 1, 3] {
        all[nth].receive().await;
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
        all[0].expect_refusal(action, status, code).await;
    }
    for client in &mut all {
        client.expect_silence().await;
    }
    // A refused request takes no event number: the next event is the third.
    let next = broadcast_to_all(&mut all, 0, create("and on")).await;
    assert_eq!(next["data"]["seq"], 3);
}

on_every_store!(
    subscribers_receive_authors_frame_unchanged,
    user_connections_have_separate_seats,
    refused_request_reaches_nobody_else,
);
