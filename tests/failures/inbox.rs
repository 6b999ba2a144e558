//! Followers at another process than those who write: they receive the state of their rooms,
//! who is typing and online and how far others have read, also when notifications are lost and
//! processes die.

use aftermatch_test_support::{Client, Platform, Program, create, fresh};
use serde_json::{Value, json};

use crate::{lost_notification::end_listening, world::prepare};

async fn following(program: &Program, user: i64, what: Value) -> Client {
    let mut client = program.chat(user).await;
    let mut request = what;
    request["action"] = json!("follow");
    let response = client.request(request).await;
    assert_eq!(response["response_status"], 200, "{response}");
    client
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn followers_elsewhere_hear_everything() {
    let database = fresh().await;
    prepare(database.url()).await;
    let first = Program::serving(database.url()).await;
    let second = Program::serving(database.url()).await;
    let everything =
        json!({"rooms": true, "typing": true, "presence": true, "read_positions": true});
    let mut ann = following(&first, 1, everything.clone()).await;
    let mut bob = second.joined(2, 1).await;
    bob.request(create("hello")).await;
    loop {
        // Bob may come online first.
        let changed = ann.receive_action("room_changed").await;
        if changed["last_seq"] == 1 {
            assert_eq!(changed["unread"], 1);
            assert_eq!(changed["last_message"]["text"], "hello");
            break;
        }
    }
    ann.request_amid_events(json!({"action": "join_room", "room_pk": 1}))
        .await;
    bob.request(json!({"action": "typing"})).await;
    let typing = json!({"room_pk": 1, "user_ids": [2]});
    assert_eq!(ann.receive_action("typing").await, typing);
    bob.request(json!({"action": "mark_read", "seq": 1})).await;
    let read = json!({"room_pk": 1, "user_id": 2, "seq": 1});
    assert_eq!(ann.receive_action("read").await, read);
    second.kill().await;
    let away = ann.receive_action("presence").await;
    assert_eq!(away["online"], false, "{away}");
}

/// It has joined no room and follows none.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn own_reads_reach_other_process() {
    let database = fresh().await;
    prepare(database.url()).await;
    let first = Program::serving(database.url()).await;
    let second = Program::serving(database.url()).await;
    let mut phone = following(&first, 1, json!({"read_positions": true})).await;
    let mut bob = second.joined(2, 1).await;
    let mut page = second.joined(1, 1).await;
    for seq in 1..=2 {
        bob.request(create("hello")).await;
        assert_eq!(page.receive().await["data"]["seq"], seq);
        bob.request(json!({"action": "mark_read", "seq": seq}))
            .await;
        page.request(json!({"action": "mark_read", "seq": seq, "private": true}))
            .await;
        let read = json!({"room_pk": 1, "user_id": 1, "seq": seq});
        assert_eq!(phone.receive().await["data"], read);
    }
}

/// What a lost notification would have said, the next recheck finds.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lost_notifications_are_made_up_for() {
    let database = fresh().await;
    prepare(database.url()).await;
    let platform = Platform::connect(database.url()).await;
    let first = Program::serving(database.url()).await;
    let second = Program::serving(database.url()).await;
    let mut ann = following(&first, 1, json!({"rooms": true})).await;
    let mut page = second.joined(1, 1).await;
    let mut bob = second.joined(2, 1).await;
    for seq in 1..=3 {
        end_listening(&platform).await;
        bob.request(create("hello")).await;
        while ann.receive_action("room_changed").await["last_seq"] != seq {}
        assert_eq!(page.receive().await["data"]["seq"], seq);
        end_listening(&platform).await;
        page.request(json!({"action": "mark_read", "seq": seq}))
            .await;
        while ann.receive_action("room_changed").await["read_seq"] != seq {}
    }
}

/// Nobody else has joined the room there: it becomes urgent with each join, and is only followed
/// again after it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn follower_who_joins_elsewhere_misses_nothing() {
    let database = fresh().await;
    prepare(database.url()).await;
    let first = Program::serving(database.url()).await;
    let second = Program::serving(database.url()).await;
    let mut ann = following(&first, 1, json!({"rooms": true})).await;
    let mut bob = second.joined(2, 1).await;
    let writing = async {
        loop {
            bob.request(create("hello")).await;
        }
    };
    let joining = async {
        for _ in 0..5 {
            let join = json!({"action": "join_room", "room_pk": 1});
            let joined = ann.request_amid_events(join).await;
            let mut last = joined["data"]["last_seq"].as_i64().expect("a number");
            for _ in 0..20 {
                last += 1;
                assert_eq!(ann.receive_action("create_message").await["seq"], last);
            }
            ann.request_amid_events(json!({"action": "leave_room"}))
                .await;
            while ann.receive_action("room_changed").await["last_seq"].as_i64() <= Some(last) {}
        }
    };
    tokio::select! {
        () = writing => {}
        () = joining => {}
    }
    let last = bob.request_amid_events(create("good night")).await["data"]["seq"].take();
    while ann.receive_action("room_changed").await["last_seq"] != last {}
}

/// A page that is loaded again is online all the time, wherever it comes back.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn reload_at_another_process_is_not_seen() {
    let database = fresh().await;
    prepare(database.url()).await;
    let first = Program::serving(database.url()).await;
    let second = Program::serving(database.url()).await;
    let mut ann = following(&first, 1, json!({"presence": true})).await;
    let mut bob = first.chat(2).await;
    ann.request_amid_events(json!({"action": "join_room", "room_pk": 1}))
        .await;
    for program in [&second, &first, &second] {
        drop(bob);
        bob = program.chat(2).await;
    }
    // Nothing comes before the next one who is seen.
    let _cat = first.chat(3).await;
    loop {
        let seen = ann.receive_action("presence").await;
        assert_eq!(seen["online"], true, "{seen}");
        if seen["brand_id"] == 103 {
            break;
        }
    }
}
