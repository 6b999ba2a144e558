//! NATS carries events between processes: as the database does, and nobody loses a message
//! when it is away.

use aftermatch_test_support::{NatsServer, Program, delete, edit, fresh};
use serde_json::json;

use crate::world::prepare;

/// A process whose events go over these servers.
async fn process(url: &str, servers: &str) -> Program {
    let program = Program::start(url, &[("CHAT_RELAY", servers)]);
    program.address().await;
    program
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn events_and_signals_reach_the_other_process() {
    let database = fresh().await;
    prepare(database.url()).await;
    let (one, other) = (NatsServer::start().await, NatsServer::start().await);
    let servers = format!("{},{}", one.url(), other.url());
    let first = process(database.url(), &servers).await;
    let second = process(database.url(), &servers).await;
    for room in 1..=4 {
        let mut ann = first.joined(1, room).await;
        let mut bob = second.joined(2, room).await;
        bob.request(json!({"action": "follow", "typing": true}))
            .await;
        let mut cat = second.chat(3).await;
        cat.request(json!({"action": "follow", "rooms": true}))
            .await;
        let mut dan = second.joined(4, room).await;
        let presence = json!({"action": "follow", "presence": true});
        dan.request_amid_events(presence).await;
        let created = ann.create("hello").await;
        assert_eq!(bob.receive().await, created);
        let id = created["data"]["id"].as_i64().expect("an id");
        let edited = ann.request(edit(id, "bye")).await;
        assert_eq!(bob.receive().await, edited);
        let deleted = ann.request(delete(&[id])).await;
        assert_eq!(bob.receive().await, deleted);
        while cat.receive_action("room_changed").await["last_seq"] != 3 {}
        ann.request(json!({"action": "typing"})).await;
        let typing = json!({"room_pk": room, "user_ids": [1]});
        assert_eq!(bob.receive_action("typing").await, typing);
        drop(ann);
        while dan.receive_action("presence").await["online"] != json!(false) {}
    }
}

/// What NATS does not carry, the log has.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_misses_anything_while_nats_is_away() {
    let database = fresh().await;
    prepare(database.url()).await;
    let mut nats = NatsServer::start().await;
    let first = process(database.url(), &nats.url()).await;
    let second = process(database.url(), &nats.url()).await;
    let mut ann = first.joined(1, 1).await;
    let mut bob = second.joined(2, 1).await;
    let mut cat = second.chat(3).await;
    cat.request(json!({"action": "follow", "rooms": true}))
        .await;
    let mut last_seq = 0;
    for _ in 0..2 {
        for text in ["with", "it"] {
            let created = ann.create(text).await;
            assert_eq!(bob.receive().await, created);
        }
        nats.kill().await;
        for text in ["without", "it"] {
            let created = ann.create(text).await;
            last_seq = created["data"]["seq"].as_i64().expect("a number");
            assert_eq!(bob.receive().await, created);
        }
        while cat.receive_action("room_changed").await["last_seq"] != last_seq {}
        nats.start_again().await;
    }
    // A process that starts without it serves all the same.
    nats.kill().await;
    let third = process(database.url(), &nats.url()).await;
    let mut dan = third.joined(4, 1).await;
    let created = ann.create("to all").await;
    assert_eq!(dan.receive().await["data"]["seq"], last_seq + 1);
    assert_eq!(bob.receive().await["data"], created["data"]);
}
