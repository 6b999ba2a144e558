//! Events of one process are delivered to the clients of the other.

use aftermatch_test_support::{Client, PROGRAM_TIMEOUT, Program, create, fresh};
use futures_util::future::join_all;
use serde_json::{Value, json};
use tokio::time::timeout;

use crate::world::{AUTHORS, ROOMS, prepare};

/// Messages that each author writes first. Half of them are edited later, half deleted.
const OLD: usize = 10;

/// Two processes on one database that know of each other.
async fn two(url: &str) -> [Program; 2] {
    let services = [Program::serving(url).await, Program::serving(url).await];
    for (one, other) in [(0, 1), (1, 0)] {
        let mut author = services[one].joined(1, ROOMS).await;
        let mut listener = services[other].joined(1, ROOMS).await;
        let introduced = async {
            let mut event = Value::Null;
            // A process that knows of no other does not send the request id along.
            while event["request_id"].is_null() {
                author.create("is there anybody?").await;
                event = listener.receive().await;
            }
        };
        timeout(PROGRAM_TIMEOUT, introduced)
            .await
            .expect("they know of each other in time");
    }
    services
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
        let edit = json!({"action": "edit_message", "msg_id": id, "edited_msg_text": "bye"});
        let edited = here.request(edit).await;
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
    let old = AUTHORS as usize * OLD;
    let (ids, _) = tokio::join!(
        join_all(authors.iter_mut().map(write)),
        join_all(listeners.iter_mut().map(|client| receive(client, 1..=old))),
    );
    // When a message changes twice at once, the other process may deliver only the second
    // change. So only messages that everybody has received are edited or deleted.
    let (_, received) = tokio::join!(
        join_all(
            authors
                .iter_mut()
                .zip(&ids)
                .map(|(author, ids)| change(author, ids))
        ),
        join_all(
            listeners
                .iter_mut()
                .map(|client| receive(client, old + 1..=3 * old))
        ),
    );
    for other in &received[1..] {
        assert_eq!(*other, received[0]);
    }
}

/// Writes the messages that are changed later; returns their ids.
async fn write(author: &mut Client) -> Vec<Value> {
    let mut ids = Vec::new();
    for _ in 0..OLD {
        ids.push(done(author, create("old")).await["data"]["id"].clone());
    }
    ids
}

/// For each old message, writes a new one, and edits or deletes the old one.
async fn change(author: &mut Client, ids: &[Value]) {
    for (nth, id) in ids.iter().enumerate() {
        done(author, create(&format!("instead of {id}"))).await;
        let change = if nth % 2 == 0 {
            json!({"action": "edit_message", "msg_id": id, "edited_msg_text": "edited"})
        } else {
            json!({"action": "delete_messages", "msg_id_list": [id]})
        };
        done(author, change).await;
    }
}

async fn done(author: &mut Client, action: Value) -> Value {
    let response = author.request_amid_events(action).await;
    assert_eq!(response["errors"], json!([]), "{response}");
    response
}

/// Receives the events with these numbers and nothing else. Returns them without the
/// request id, which may be lost on the way from one process to the other.
async fn receive(client: &mut Client, seqs: std::ops::RangeInclusive<usize>) -> Vec<Value> {
    let mut received = Vec::new();
    for seq in seqs {
        let mut frame = client.receive().await;
        assert_eq!(frame["data"]["seq"], seq, "{frame}");
        frame["request_id"] = Value::Null;
        received.push(frame);
    }
    received
}
