//! Reconnect storm: readers disconnect and reconnect at random while authors write, edit
//! and delete. In the end all of them know the same room.
//!
//! The authors write for [`USUAL`] seconds, or for `RECONNECT_STORM_SECONDS`.

#![allow(
    unreachable_pub,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "every function here belongs to a test"
)]

mod author;
mod reader;
mod room;

use std::{env, time::Duration};

use aftermatch_test_support::{PROGRAM_TIMEOUT, Program, fresh, import, worlds};
use serde_json::{Value, json};
use tokio::{
    sync::{Mutex, watch},
    task::JoinSet,
    time::{Instant, timeout},
};

use crate::{
    reader::{Reader, Tally},
    room::Room,
};

const USUAL: u64 = 10;

const AUTHORS: i64 = 20;
const READERS: i64 = 200;

/// Messages in the room at the start: nearly as many as one replay may hold.
const OLD: i64 = 480;

/// Each storm needs the whole machine.
static ONE_AT_A_TIME: Mutex<()> = Mutex::const_new(());

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn returning_readers_agree_in_memory() {
    let _alone = ONE_AT_A_TIME.lock().await;
    storm(&Program::in_memory(&world()).await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn returning_readers_agree_on_postgres() {
    let _alone = ONE_AT_A_TIME.lock().await;
    let database = fresh().await;
    import(database.url(), &world()).await;
    // A machine under this load is slow at times.
    let settings = [("CHAT_STATEMENT_TIMEOUT", "10s")];
    storm(&Program::start(database.url(), &settings)).await;
}

/// All authors in room 1.
fn world() -> Value {
    let mut world = worlds::many_members(AUTHORS, 1);
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

async fn storm(service: &Program) {
    let address = service.address().await;
    let (announce_end, end) = watch::channel(None);
    let mut readers = JoinSet::new();
    for nth in 0..READERS {
        let reader = Reader::new(address, 1 + nth % AUTHORS);
        readers.spawn(reader.run(end.clone()));
    }
    let mut authors = JoinSet::new();
    let until = Instant::now() + length();
    for user in 1..=AUTHORS {
        authors.spawn(author::write(address, user, until));
    }
    timeout(length() + PROGRAM_TIMEOUT, authors.join_all())
        .await
        .expect("the authors end in time");

    let mut observer = service.joined(1, 1).await;
    let (expected, last) = Room::read_at_rest(&mut observer).await;
    announce_end.send_replace(Some(last));
    let known = timeout(PROGRAM_TIMEOUT, readers.join_all()).await;
    let mut all = Tally::default();
    for (room, tally) in known.expect("the readers end in time") {
        assert_eq!(room.differences(&expected), []);
        all += tally;
    }
    assert!(
        all.has_seen_everything(),
        "some case never happened: {all:?}"
    );
}

fn length() -> Duration {
    let seconds = env::var("RECONNECT_STORM_SECONDS").ok();
    let seconds = seconds.map(|seconds| seconds.parse().expect("a number of seconds"));
    Duration::from_secs(seconds.unwrap_or(USUAL))
}
