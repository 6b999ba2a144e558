//! Events of one process reach the clients of the others exactly as their author's process
//! sends them: every one, in order, byte for byte.

use aftermatch_test_support::{Client, Program, create, delete, edit, fresh};
use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::world::{AUTHORS, prepare};

/// How often each author creates, edits and deletes.
const ROUNDS: usize = 10;

/// Two processes on one database. Neither waits for the other to be noticed.
async fn two(url: &str) -> [Program; 2] {
    [Program::serving(url).await, Program::serving(url).await]
}

#[tokio::test]
async fn events_reach_other_process_unchanged() {
    let database = fresh().await;
    prepare(database.url()).await;
    let services = two(database.url()).await;
    let mut here = services[0].joined(1, 1).await;
    let mut there = services[1].joined(2, 1).await;
    for _ in 0..3 {
        let created = here.create("hello").await;
        assert_eq!(there.receive().await, created);
        let id = &created["data"]["id"];
        let edited = here.request(edit(id.clone(), "bye")).await;
        assert_eq!(there.receive().await, edited);
        let ids = json!([id, 999]);
        let mut deleted = here
            .request(json!({"action": "delete_messages", "msg_id_list": ids}))
            .await;
        assert_ne!(deleted["errors"], json!([]), "one id is unknown: {deleted}");
        deleted["errors"] = json!([]);
        assert_eq!(there.receive().await, deleted);
        (here, there) = (there, here);
    }
}

/// As fast as it goes: nothing waits until an event has reached the other process.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn hundred_fast_changes_arrive_byte_for_byte() {
    let database = fresh().await;
    prepare(database.url()).await;
    let services = two(database.url()).await;
    let mut author = services[0].joined(1, 1).await;
    let mut beside = services[0].joined(2, 1).await;
    let mut elsewhere = services[1].joined(3, 1).await;
    let writing = async {
        for nth in 0..100 {
            let text = format!("\u{1f980} \"{nth}\"\nnew line");
            let first = done(&mut author, create(&text)).await;
            let second = done(&mut author, create("another")).await;
            let ids = [&second, &first].map(|frame| frame["data"]["id"].as_i64().expect("an id"));
            done(&mut author, edit(ids[0], "edited once")).await;
            done(&mut author, edit(ids[0], "edited twice")).await;
            // Not in the order of the ids.
            done(&mut author, delete(&ids)).await;
        }
    };
    let ((), here, there) = tokio::join!(
        writing,
        receive_text(&mut beside, 500),
        receive_text(&mut elsewhere, 500),
    );
    for (here, there) in here.iter().zip(&there) {
        assert_eq!(here, there);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_writing_processes_deliver_one_order() {
    let database = fresh().await;
    prepare(database.url()).await;
    let services = two(database.url()).await;
    let mut listeners = Vec::new();
    let mut authors = Vec::new();
    for service in &services {
        listeners.push(service.joined(1, 1).await);
        listeners.push(service.joined(2, 1).await);
    }
    for author in 1..=AUTHORS {
        authors.push(services[author as usize % 2].joined(author, 1).await);
    }
    let events = AUTHORS as usize * ROUNDS * 3;
    let (_, received) = tokio::join!(
        join_all(authors.iter_mut().map(change)),
        join_all(
            listeners
                .iter_mut()
                .map(|client| receive_text(client, events))
        ),
    );
    for other in &received[1..] {
        assert_eq!(*other, received[0]);
    }
    let seqs = received[0].iter().map(|frame| {
        let frame: Value = serde_json::from_str(frame).expect("JSON");
        frame["data"]["seq"].as_u64().expect("a number") as usize
    });
    assert_eq!(seqs.collect::<Vec<_>>(), (1..=events).collect::<Vec<_>>());
}

/// A process misses nothing from its first join on, and nothing arrives without its
/// request id.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn starting_process_misses_nothing() {
    let database = fresh().await;
    prepare(database.url()).await;
    let first = Program::serving(database.url()).await;
    let mut author = first.joined(1, 1).await;
    for _ in 0..5 {
        let second = Program::serving(database.url()).await;
        let mut listener = second.joined(2, 1).await;
        for text in ["the first", "the second"] {
            let created = author.create(text).await;
            let id = created["data"]["id"].as_i64().expect("an id");
            let deleted = author.request(delete(&[id])).await;
            assert_eq!(listener.receive().await, created);
            assert_eq!(listener.receive().await, deleted);
        }
        second.kill().await;
    }
}

/// Creates, edits and deletes, each at once after the other.
async fn change(author: &mut Client) {
    for nth in 0..ROUNDS {
        let created = done(author, create(&format!("message {nth}"))).await;
        let id = created["data"]["id"].as_i64().expect("an id");
        done(author, edit(id, "edited")).await;
        done(author, delete(&[id])).await;
    }
}

async fn done(author: &mut Client, action: Value) -> Value {
    let response = author.request_amid_events(action).await;
    assert_eq!(response["errors"], json!([]), "{response}");
    response
}

/// The next frames, as they are.
async fn receive_text(client: &mut Client, count: usize) -> Vec<String> {
    let mut received = Vec::new();
    for _ in 0..count {
        received.push(client.receive_text().await);
    }
    received
}
