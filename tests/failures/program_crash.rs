//! The program is killed while many clients write.

use std::{
    collections::HashMap,
    hash::{BuildHasher, RandomState},
};

use aftermatch_test_support::{Client, Platform, Program, create, fresh, token_for};
use serde_json::{Value, json};
use tokio::{sync::mpsc, task::JoinSet};

use crate::{
    records::{Record, gapless, no_connections, records},
    world::{AUTHORS, prepare},
};

/// How many requests one author has open at once.
const OPEN: usize = 8;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn program_killed_keeps_answered_messages_once() {
    let database = fresh().await;
    prepare(database.url()).await;
    let platform = Platform::connect(database.url()).await;
    let mut delivered = HashMap::new();
    for round in 0..3 {
        let service = Program::serving(database.url()).await;
        write_until_killed(service, round, &mut delivered).await;
        no_connections(&platform).await;

        gapless(&platform).await;
        let stored = records(&platform).await;
        let mut stored: HashMap<_, _> = stored
            .into_iter()
            .map(|stored| (stored.id, stored))
            .collect();
        for message in delivered.values() {
            assert_eq!(
                stored.remove(&message.id).as_ref(),
                Some(message),
                "round {round}"
            );
        }
        // The rest was never answered, and holds no second copy of an answered message.
        for lost in stored.values() {
            let twice = delivered.values().find(|message| message.text == lost.text);
            assert_eq!(twice, None, "{lost:?}");
        }
    }

    let last = gapless(&platform).await;
    let service = Program::serving(database.url()).await;
    for (room, last) in (1..=3).zip(last) {
        let next = service.joined(1, room).await.create("we go on").await;
        assert_eq!(next["data"]["seq"], last + 1);
    }
}

/// Lets all authors write, in three rooms, until the service is killed at a random moment
/// under load. Adds every message that a client received to `delivered`.
async fn write_until_killed(service: Program, round: usize, delivered: &mut HashMap<i64, Record>) {
    let (seen, mut all_seen) = mpsc::channel(1_000);
    let mut authors = JoinSet::new();
    for author in 1..=AUTHORS {
        let socket =
            Client::try_connect(service.address().await, "/ws/chat/", &token_for(author)).await;
        let socket = socket.expect("a connection");
        authors.spawn(write(socket, author, round, seen.clone()));
    }
    drop(seen);
    let moment = 200 + RandomState::new().hash_one(round) % 2_000;
    let mut service = Some(service);
    let mut frames = 0;
    while let Some(frame) = all_seen.recv().await {
        let record = record(&frame);
        let before = delivered.insert(record.id, record.clone());
        assert!(before.is_none_or(|before| before == record), "{record:?}");
        frames += 1;
        if frames >= moment
            && let Some(service) = service.take()
        {
            service.kill().await;
        }
    }
    assert!(service.is_none(), "the authors stopped before the kill");
    while let Some(done) = authors.join_next().await {
        done.expect("no author fails");
    }
}

/// Writes in one of three rooms until the connection breaks. Sends every created message,
/// its own or not, to `seen`.
async fn write(mut socket: Client, author: i64, round: usize, seen: mpsc::Sender<Value>) {
    let mut requests = 0;
    let mut next = json!({"action": "join_room", "room_pk": 1 + author % 3});
    let mut open = 0;
    loop {
        while open < OPEN {
            next["request_id"] = json!(format!("{round}/{author}/{requests}"));
            if socket.try_send(&next).await.is_none() {
                return;
            }
            requests += 1;
            open += 1;
            next = create(&format!(
                "round {round}, author {author}, message {requests}"
            ));
        }
        let Some(frame) = socket.try_receive().await else {
            return;
        };
        let id = frame["request_id"].as_str().expect("a request id");
        if id.starts_with(&format!("{round}/{author}/")) {
            open -= 1;
        }
        if frame["action"] == "create_message" {
            assert_eq!(frame["response_status"], 201, "{frame}");
            seen.send(frame).await.expect("a receiver");
        } else {
            assert_eq!(frame["response_status"], 200, "{frame}");
        }
    }
}

/// The message in a frame.
fn record(frame: &Value) -> Record {
    let data = &frame["data"];
    let number = |value: &Value| value.as_i64().expect("a number");
    Record {
        id: number(&data["id"]),
        room_id: number(&data["room"]["pk"]),
        user_id: number(&data["user"]["id"]),
        seq: number(&data["seq"]),
        text: data["text"].as_str().expect("a text").to_owned(),
    }
}
