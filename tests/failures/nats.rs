//! NATS carries events between processes: as the database does, and nobody loses a message
//! when it is away.

use aftermatch_test_support::{
    Client, LossyLine, NatsServer, Program, create, delete, edit, fresh,
};
use futures_util::future::join_all;
use serde_json::{Value, json};

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
    join_all((1..=4).map(|room| expect_all_arrives(&first, &second, room))).await;
}

/// What happens in a room at one process reaches those at the other one.
async fn expect_all_arrives(first: &Program, second: &Program, room: i64) {
    let mut ann = first.joined(1, room).await;
    let mut bob = second.joined(2, room).await;
    bob.request(json!({"action": "follow", "typing": true}))
        .await;
    // The other rooms change meanwhile.
    let mut cat = second.chat(3).await;
    cat.request_amid_events(json!({"action": "follow", "rooms": true}))
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
    let log = second.logs("the NATS server is there again", 2).await;
    for (part, times) in [("the NATS server is away", 2), ("async_nats", 0)] {
        assert_eq!(log.matches(part).count(), times, "{part}: {log}");
    }
    nats.kill().await;
    let third = process(database.url(), &nats.url()).await;
    let mut dan = third.joined(4, 1).await;
    let created = ann.create("to all").await;
    assert_eq!(dan.receive().await["data"]["seq"], last_seq + 1);
    assert_eq!(bob.receive().await["data"], created["data"]);
}

/// The events of `number` requests, as the client receives them.
async fn events(client: &mut Client, number: usize) -> Vec<Value> {
    let mut events = Vec::new();
    while events.len() < number {
        events.push(client.receive().await);
    }
    events
}

/// Messages of NATS that are lost, come twice or in another order change nothing.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lossy_line_to_nats_changes_nothing() {
    const EACH: usize = 40;
    let database = fresh().await;
    prepare(database.url()).await;
    let nats = NatsServer::start().await;
    let lossy = LossyLine::to(&nats).await;
    let mut members = Vec::new();
    let mut processes = Vec::new();
    for user in 1..=3 {
        let process = process(database.url(), &lossy.url()).await;
        members.push(process.joined(user, 1).await);
        processes.push(process);
    }
    for nth in 0..EACH {
        for member in &mut members {
            member.send_action(create(&nth.to_string())).await;
        }
    }
    let number = members.len() * EACH;
    let all = members.iter_mut().map(|member| events(member, number));
    let all = join_all(all).await;
    let seqs = all[0].iter().map(|event| event["data"]["seq"].as_i64());
    let expected = (1..=number).map(|seq| i64::try_from(seq).ok());
    assert!(seqs.eq(expected), "in order, without holes: {:?}", all[0]);
    assert!(all.iter().all(|events| *events == all[0]), "{all:?}");
}

/// One process after the other is given a second server. Until the last one has it, the two
/// look for some rooms at different servers.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn second_server_is_added_without_loss() {
    let database = fresh().await;
    prepare(database.url()).await;
    let (one, other) = (NatsServer::start().await, NatsServer::start().await);
    let both = format!("{},{}", one.url(), other.url());
    let mut first = process(database.url(), &one.url()).await;
    let mut second = process(database.url(), &one.url()).await;
    for step in 0..3 {
        match step {
            1 => second = process(database.url(), &both).await,
            2 => first = process(database.url(), &both).await,
            _ => {}
        }
        for room in 1..=2 {
            let mut ann = first.joined(1, room).await;
            let mut bob = second.joined(2, room).await;
            for text in ["hello", "and again"] {
                let created = ann.create(text).await;
                assert_eq!(bob.receive().await, created, "step {step}");
            }
        }
    }
}
