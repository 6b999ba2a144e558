//! The program is killed while everybody writes.

use std::{
    collections::HashMap,
    hash::{BuildHasher, RandomState},
};

use aftermatch_testdb::{Platform, fresh};
use serde_json::{Value, json};
use tokio::{sync::mpsc, task::JoinSet};

use crate::{
    records::{Record, gapless, nobody_connected, records},
    service::{AUTHORS, Service, create, settle},
    socket::Socket,
};

/// So many requests of one author are under way at once.
const AHEAD: usize = 8;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_answered_is_there_once_whenever_the_program_is_killed() {
    let database = fresh().await;
    settle(database.url()).await;
    let platform = Platform::connect(database.url()).await;
    let mut told = HashMap::new();
    for round in 0..3 {
        let service = Service::serving(database.url()).await;
        write_until_killed(service, round, &mut told).await;
        nobody_connected(&platform).await;

        gapless(&platform).await;
        let kept = records(&platform).await;
        let mut kept: HashMap<_, _> = kept.into_iter().map(|kept| (kept.id, kept)).collect();
        for told in told.values() {
            assert_eq!(kept.remove(&told.id).as_ref(), Some(told), "round {round}");
        }
        // What is left nobody was told of; it is no copy of what somebody was.
        for lost in kept.values() {
            let twice = told.values().find(|told| told.text == lost.text);
            assert_eq!(twice, None, "{lost:?}");
        }
    }

    let last = gapless(&platform).await;
    let service = Service::serving(database.url()).await;
    for (room, last) in (1..=3).zip(last) {
        let next = service.joined(1, room).await.create("we go on").await;
        assert_eq!(next["data"]["seq"], last + 1);
    }
}

/// Lets everybody write, in three rooms, until the service is killed, which is at
/// some moment under load. Adds what anybody was told of to `told`.
async fn write_until_killed(service: Service, round: usize, told: &mut HashMap<i64, Record>) {
    let (seen, mut all_seen) = mpsc::channel(1_000);
    let mut authors = JoinSet::new();
    for author in 1..=AUTHORS {
        let socket = Socket::open(service.address().await, author).await;
        let socket = socket.expect("a connection");
        authors.spawn(write(socket, author, round, seen.clone()));
    }
    drop(seen);
    let moment = 200 + RandomState::new().hash_one(round) % 2_000;
    let mut service = Some(service);
    let mut frames = 0;
    while let Some(frame) = all_seen.recv().await {
        let record = record(&frame);
        let before = told.insert(record.id, record.clone());
        assert!(before.is_none_or(|before| before == record), "{record:?}");
        frames += 1;
        if frames >= moment
            && let Some(service) = service.take()
        {
            service.kill().await;
        }
    }
    assert!(service.is_none(), "everybody stopped by themselves");
    while let Some(done) = authors.join_next().await {
        done.expect("no author fails");
    }
}

/// Writes in one of three rooms until the connection breaks, and passes on every
/// frame that tells of a message, one's own or not.
async fn write(mut socket: Socket, author: i64, round: usize, seen: mpsc::Sender<Value>) {
    let mut requests = 0;
    let mut next = json!({"action": "join_room", "room_pk": 1 + author % 3});
    let mut ahead = 0;
    loop {
        while ahead < AHEAD {
            next["request_id"] = json!(format!("{round}/{author}/{requests}"));
            if socket.send(&next).await.is_none() {
                return;
            }
            requests += 1;
            ahead += 1;
            next = create(&format!(
                "round {round}, author {author}, message {requests}"
            ));
        }
        let Some(frame) = socket.next().await else {
            return;
        };
        let id = frame["request_id"].as_str().expect("a mark");
        if id.starts_with(&format!("{round}/{author}/")) {
            ahead -= 1;
        }
        if frame["action"] == "create_message" {
            assert_eq!(frame["response_status"], 201, "{frame}");
            seen.send(frame).await.expect("somebody counts");
        } else {
            assert_eq!(frame["response_status"], 200, "{frame}");
        }
    }
}

/// The message that a frame tells of.
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
