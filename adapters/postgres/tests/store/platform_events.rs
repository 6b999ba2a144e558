//! Processes learn at the commit what the platform has written.

use std::time::Duration;

use crate::{
    newcomers::{Process, settle},
    support::{store, town, with_world},
};
use aftermatch_ports::{
    Changes, Log, Relay, Revisions,
    model::{LogHead, RoomId},
};
use aftermatch_postgres::Postgres;
use aftermatch_testdb::Platform;
use sqlx::{AssertSqlSafe, Executor};
use tokio::time::timeout;

/// Longer than anything here takes.
const LIMIT: Duration = Duration::from_secs(30);

async fn run(platform: &Platform, sql: &str) {
    let done = platform.pool().execute(AssertSqlSafe(sql)).await;
    done.unwrap_or_else(|error| panic!("{sql}: {error}"));
}

/// The rooms of the next notification, in which this process finds what they say.
async fn next(store: &Postgres) -> Vec<RoomId> {
    let events = timeout(LIMIT, store.platform_events()).await;
    let events = events.expect("an event in time");
    for (room, head) in &events {
        let stored = self::head(store, *room).await;
        assert_eq!(head.epoch, stored.epoch);
        assert!(head.last_seq <= stored.last_seq, "{head:?}");
    }
    events.into_iter().map(|(room, _)| room).collect()
}

async fn head(store: &Postgres, room: RoomId) -> LogHead {
    let head = store.head(room).await.expect("a database");
    head.expect("the room")
}

/// One alone, one of several, and one whose events another relay carries.
#[tokio::test]
async fn every_process_learns_what_platform_commits() {
    let (database, platform) = with_world(&town(vec![])).await;
    let alone = Process::start(&database).await;
    run(&platform, "SELECT post(21, 4, 'x')").await;
    assert_eq!(next(&alone.store).await, [RoomId(21)]);

    let beside = Process::start(&database).await;
    let over_another_relay = store(&database).await;
    over_another_relay.only_listen();
    over_another_relay.ready().await;
    run(&platform, "BEGIN; SELECT post(23, 4, 'x'); ROLLBACK").await;
    run(&platform, "SELECT post(22, 4, 'x')").await;
    for store in [&alone.store, &beside.store, &over_another_relay] {
        assert_eq!(next(store).await, [RoomId(22)]);
    }
}

/// More rooms than a notification has place for.
#[tokio::test]
async fn removal_in_many_rooms_names_all() {
    let (database, platform) = with_world(&town(vec![])).await;
    let store = store(&database).await;
    settle(&store).await;
    let many = "INSERT INTO rooms (id, epoch)
        SELECT 9000000000000000000 + n, 9000000000000000000 FROM generate_series(1, 301) n;
        INSERT INTO messages (room_id, user_id, text, created_at, seq, changed_seq)
        SELECT 9000000000000000000 + n, 1, 'x', now(), 1, 1 FROM generate_series(1, 301) n;
        UPDATE rooms SET last_seq = 1 WHERE id > 100;
        SELECT remove(ARRAY(SELECT id FROM messages))";
    run(&platform, many).await;
    let mut rooms = Vec::new();
    while rooms.len() < 301 {
        rooms.extend(next(&store).await);
    }
    rooms.sort_unstable();
    rooms.dedup();
    assert_eq!(rooms.len(), 301);
}

/// As for any other event, the recheck finds what no notification said.
#[tokio::test]
async fn recheck_finds_what_platform_wrote() {
    let (database, platform) = with_world(&town(vec![])).await;
    let store = store(&database).await;
    settle(&store).await;
    for write in [
        "SELECT post(21, 4, 'x')",
        "SELECT edit(1, 'y')",
        "SELECT remove('{1}')",
    ] {
        run(&platform, write).await;
        let changes = store.changes().await.expect("a recheck");
        let logs = vec![(RoomId(21), head(&store, RoomId(21)).await)];
        let (users, rooms) = (vec![], vec![]);
        assert_eq!(changes, Changes::Known { users, rooms, logs }, "{write}");
    }
}
