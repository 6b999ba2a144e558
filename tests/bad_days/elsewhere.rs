//! What happens in one program is heard by those joined at the other.

use aftermatch_testdb::fresh;
use futures_util::future::join_all;
use serde_json::{Value, json};
use tokio::time::timeout;

use crate::{
    client::Client,
    service::{AUTHORS, PATIENCE, ROOMS, Service, answered, create, settle},
};

/// Messages of each author that are there before it begins: half of them are to
/// be edited, half of them deleted.
const OLD: usize = 10;

/// Two programs that serve one database, and know of each other.
async fn two(url: &str) -> [Service; 2] {
    let services = [Service::serving(url).await, Service::serving(url).await];
    for (one, other) in [(0, 1), (1, 0)] {
        let mut author = services[one].joined(1, ROOMS).await;
        let mut listener = services[other].joined(1, ROOMS).await;
        let acquainted = async {
            let mut heard = Value::Null;
            // Who knows of no other does not pass on who asked.
            while heard["request_id"].is_null() {
                author.create("is there anybody?").await;
                heard = listener.hear().await;
            }
        };
        timeout(PATIENCE, acquainted)
            .await
            .expect("they meet in time");
    }
    services
}

#[tokio::test]
async fn everything_is_heard_there_as_it_is_here_but_for_what_concerns_the_asker_alone() {
    let database = fresh().await;
    settle(database.url()).await;
    let services = two(database.url()).await;
    let mut here = services[0].joined(1, 1).await;
    let mut there = services[1].joined(2, 1).await;
    for _ in 0..3 {
        let created = here.create("hello").await;
        assert_eq!(there.hear().await, created);
        let id = &created["data"]["id"];
        let edit = json!({"action": "edit_message", "msg_id": id, "edited_msg_text": "bye"});
        let edited = here.ask(edit).await;
        assert_eq!(there.hear().await, edited);
        let ids = json!([id, 999]);
        let mut deleted = here
            .ask(json!({"action": "delete_messages", "msg_id_list": ids}))
            .await;
        assert_ne!(deleted["errors"], json!([]), "one was not there: {deleted}");
        deleted["errors"] = json!([]);
        assert_eq!(there.hear().await, deleted);
        (here, there) = (there, here);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everybody_hears_every_number_once_and_in_order_while_both_write_in_one_room() {
    let database = fresh().await;
    settle(database.url()).await;
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
        join_all(listeners.iter_mut().map(|client| hear(client, 1..=old))),
    );
    // Of what is changed twice at once, the first might be left out there. So
    // only what everybody knows is edited or deleted.
    let (_, heard) = tokio::join!(
        join_all(
            authors
                .iter_mut()
                .zip(&ids)
                .map(|(author, ids)| change(author, ids))
        ),
        join_all(
            listeners
                .iter_mut()
                .map(|client| hear(client, old + 1..=3 * old))
        ),
    );
    for other in &heard[1..] {
        assert_eq!(*other, heard[0]);
    }
}

/// Writes what is to be changed later; returns the ids.
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
    let answer = answered(author, action).await;
    assert_eq!(answer["errors"], json!([]), "{answer}");
    answer
}

/// Hears the changes of these numbers, and nothing else. Returns them without
/// the mark of who asked, which may be lost on the way from one program to the
/// other.
async fn hear(client: &mut Client, seqs: std::ops::RangeInclusive<usize>) -> Vec<Value> {
    let mut heard = Vec::new();
    for seq in seqs {
        let mut frame = client.hear().await;
        assert_eq!(frame["data"]["seq"], seq, "{frame}");
        frame["request_id"] = Value::Null;
        heard.push(frame);
    }
    heard
}
