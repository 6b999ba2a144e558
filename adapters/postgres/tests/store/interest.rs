//! Events go to the processes that want their room.

use std::time::Duration;

use crate::{
    newcomers::Process,
    relay::event_in,
    support::{store, town, with_world},
};
use aftermatch_ports::{
    Interest, Relay, RemoteEvent, Urgency,
    model::{Revision, RoomId},
};
use aftermatch_testdb::{Database, Platform};
use sqlx::postgres::PgListener;
use tokio::time::timeout;

/// Longer than anything here takes.
const LIMIT: Duration = Duration::from_secs(30);

/// The lock that every process holds.
const PRESENCE: i64 = 0x6166_7465_726d;

/// Everything that processes send, to all or to one.
struct Notified(PgListener);

impl Notified {
    async fn of(database: &Database, platform: &Platform) -> Self {
        let listening = "SELECT 'chat_events_' || pid FROM pg_locks
            WHERE locktype = 'advisory'
              AND database = (SELECT oid FROM pg_database WHERE datname = current_database())";
        let own: Vec<String> = sqlx::query_scalar(listening)
            .fetch_all(platform.pool())
            .await
            .expect("the processes");
        let mut listener = PgListener::connect(database.url())
            .await
            .expect("a listener");
        let own = own.iter().map(String::as_str);
        let channels = listener.listen_all(own.chain(["chat_events"]));
        channels.await.expect("the channels");
        Self(listener)
    }

    /// The lines up to one that begins like this.
    async fn until(&mut self, start: &str) -> Vec<String> {
        let mut lines = Vec::new();
        let read = async {
            loop {
                let notification = self.0.recv().await.expect("a notification");
                lines.extend(notification.payload().lines().map(str::to_owned));
                if lines.iter().any(|line| line.starts_with(start)) {
                    return;
                }
            }
        };
        let read = timeout(LIMIT, read).await;
        read.unwrap_or_else(|_| panic!("{start} in time: {lines:?}"));
        lines
    }
}

#[tokio::test]
async fn event_that_nobody_wants_is_not_sent() {
    let (database, platform) = with_world(&town(vec![])).await;
    let mut here = Process::start(&database).await;
    let mut there = Process::start(&database).await;
    let mut notified = Notified::of(&database, &platform).await;
    for _ in 0..2 {
        let [wanted, unwanted] = [
            event_in(&here.store, 21, 1).await,
            event_in(&here.store, 22, 1).await,
        ];
        let left_out = async {
            loop {
                here.publish(&unwanted);
                here.publish(&wanted);
                there.expect(&wanted).await;
                let lines = notified.until("21 ").await;
                // At first, it may not know yet what the other one wants.
                if !lines.iter().any(|line| line.starts_with("22 ")) {
                    return;
                }
            }
        };
        timeout(LIMIT, left_out).await.expect("it is left out");
        (here, there) = (there, here);
    }
}

/// The author's process does nothing until it has published the event.
#[tokio::test]
async fn event_before_want_arrives_is_noticed() {
    let (database, platform) = with_world(&town(vec![])).await;
    let author = store(&database).await;
    author.ready().await;
    let start = Process::start(&database);
    let mut reader = tokio::select! {
        reader = start => reader,
        received = author.receive() => panic!("{received:?}"),
    };
    let mut notified = Notified::of(&database, &platform).await;
    reader.store.room_wanted(RoomId(22), Some(Urgency::AtOnce));
    notified.until("want 22").await;
    let event = event_in(&author, 22, 7).await;
    author.publish(&event, Revision(7));
    let number = RemoteEvent {
        content: None,
        ..RemoteEvent::of(&event, Revision(7))
    };
    tokio::select! {
        received = reader.next() => assert_eq!(received, number),
        received = author.receive() => panic!("{received:?}"),
    }
}

#[tokio::test]
async fn urgency_of_room_is_announced() {
    let (database, platform) = with_world(&town(vec![])).await;
    let _here = Process::start(&database).await;
    let there = Process::start(&database).await;
    let mut notified = Notified::of(&database, &platform).await;
    let (at_once, soon) = (Some(Urgency::AtOnce), Some(Urgency::Soon));
    for (urgency, line) in [
        (soon, "want soon 22"),
        (at_once, "want 22"),
        (soon, "want soon 22"),
        (None, "unwant 22"),
    ] {
        there.store.room_wanted(RoomId(22), urgency);
        notified.until(line).await;
    }
}

/// It says what the first program said that has these notifications.
#[tokio::test]
async fn older_process_receives_all_events() {
    let (database, _platform) = with_world(&town(vec![])).await;
    let here = Process::start(&database).await;
    let mut older = PgListener::connect(database.url())
        .await
        .expect("a listener");
    older.listen("chat_events").await.expect("a channel");
    for statement in [
        &format!("SELECT pg_advisory_lock_shared({PRESENCE})"),
        "NOTIFY chat_events, 'hello\n'",
    ] {
        let done = sqlx::raw_sql(sqlx::AssertSqlSafe(statement.to_owned()));
        done.execute(&mut older).await.expect("an answer");
    }
    let mut notified = Notified(older);
    notified.until("confirm ").await;
    here.publish(&event_in(&here.store, 23, 1).await);
    notified.until("23 ").await;
}
