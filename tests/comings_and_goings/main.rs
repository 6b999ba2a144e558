//! Comings and goings: readers are thrown off and come back at random while
//! authors write, edit and delete; in the end all of them know the same room.
//!
//! The authors write for [`USUAL`] seconds, or for as many as
//! `COMINGS_AND_GOINGS_SECONDS` says.

#![allow(
    unreachable_pub,
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "all of this is tests, the functions that they share included"
)]

mod author;
mod dice;
mod reader;
mod room;

#[path = "../stories/harness/client.rs"]
#[allow(dead_code, reason = "the stories use the rest")]
mod client;
#[path = "../program/command.rs"]
#[allow(dead_code, reason = "the tests of the program use the rest")]
mod command;
#[path = "../stories/harness/raw.rs"]
#[allow(dead_code, reason = "the stories use the rest")]
mod raw;
#[path = "../bad_days/service.rs"]
#[allow(dead_code, reason = "the bad days use the rest")]
mod service;
#[path = "../bad_days/socket.rs"]
mod socket;
#[path = "../stories/harness/tokens.rs"]
#[allow(dead_code, reason = "the stories use the rest")]
mod tokens;

use std::{env, time::Duration};

use aftermatch_testdb::fresh;
use serde_json::{Value, json};
use tokio::{
    sync::{Mutex, watch},
    task::JoinSet,
    time::{Instant, timeout},
};

// Where the modules of the stories look for it.
use client::Client;
use reader::{Reader, Tally};
use room::Room;
use service::{PATIENCE, Service};

const USUAL: u64 = 10;

const AUTHORS: i64 = 20;
const READERS: i64 = 200;

/// Messages that are there before anybody comes: nearly as many as are told to
/// somebody who comes back.
const OLD: i64 = 480;

/// Each takes the whole machine.
static ONE_AT_A_TIME: Mutex<()> = Mutex::const_new(());

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_comes_back_knows_the_room_in_memory() {
    let _alone = ONE_AT_A_TIME.lock().await;
    come_and_go(&Service::in_memory(&world()).await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_comes_back_knows_the_room_on_postgres() {
    let _alone = ONE_AT_A_TIME.lock().await;
    let database = fresh().await;
    service::import(database.url(), &world()).await;
    // A machine that runs all of this is slow at times.
    let patient = [("CHAT_STATEMENT_TIMEOUT", "10s")];
    come_and_go(&Service::start(database.url(), &patient)).await;
}

/// Everybody in room 1.
fn world() -> Value {
    let mut world = service::world(AUTHORS, 1);
    let old = |nth: i64| {
        json!({
            "room_id": 1,
            "user_id": 1 + nth % AUTHORS,
            "text": format!("old message {nth}"),
            "created_at": "2024-06-17T18:00:00.000Z",
        })
    };
    world["messages"] = (0..OLD).map(old).collect();
    world
}

async fn come_and_go(service: &Service) {
    let address = service.address().await;
    let (tell_end, end) = watch::channel(None);
    let mut readers = JoinSet::new();
    for nth in 0..READERS {
        let reader = Reader::new(address, 1 + nth % AUTHORS);
        readers.spawn(reader.live(end.clone()));
    }
    let mut authors = JoinSet::new();
    let until = Instant::now() + length();
    for user in 1..=AUTHORS {
        authors.spawn(author::write(address, user, until));
    }
    timeout(length() + PATIENCE, authors.join_all())
        .await
        .expect("the authors end in time");

    let mut observer = service.joined(1, 1).await;
    let (there, last) = Room::read_at_rest(&mut observer).await;
    tell_end.send_replace(Some(last));
    let known = timeout(PATIENCE, readers.join_all()).await;
    let mut all = Tally::default();
    for (room, tally) in known.expect("the readers are there in time") {
        assert_eq!(room.differences(&there), []);
        all += tally;
    }
    assert!(all.has_seen_everything(), "nothing was shown: {all:?}");
}

fn length() -> Duration {
    let seconds = env::var("COMINGS_AND_GOINGS_SECONDS").ok();
    let seconds = seconds.map(|seconds| seconds.parse().expect("a number of seconds"));
    Duration::from_secs(seconds.unwrap_or(USUAL))
}
