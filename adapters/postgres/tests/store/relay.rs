//! Notifications from the platform and events from other processes.

use std::time::Duration;

use crate::support::{
    NO_REQUEST, at, draft, message, options, precondition, store, text, town, with_world,
};
use aftermatch_ports::{
    CreateOne, History, HistoryRange, Interest, Messages, Outcome, Read, ReadPositions, Relay,
    RemoteEvent, Revisions, Rooms, Urgency,
    model::{
        EventKind, MessageId, RequestId, Revision, RoomEvent, RoomId, Seq, UserId,
        access::DeleteScope,
    },
};
use aftermatch_postgres::{Options, Postgres};
use aftermatch_testdb::{Database, Platform, Proxy};
use sqlx::{AssertSqlSafe, postgres::PgListener};
use tokio::time::{sleep, timeout};

/// Statements of the platform, run one after the other on [`town`], and whether each
/// moves or removes a user or a room.
const ROWS: &[(&str, bool)] = &[
    ("UPDATE users SET active = false WHERE id = 1", true),
    ("UPDATE users SET active = false WHERE id = 1", false),
    ("UPDATE brands SET tariff = 'light' WHERE id = 11", true),
    ("UPDATE brands SET tariff = 'light' WHERE id = 11", false),
    ("UPDATE brands SET user_id = 4 WHERE id = 11", true),
    (
        "UPDATE participants SET position = 9 WHERE room_id = 21 AND brand_id = 11",
        true,
    ),
    (
        "DELETE FROM participants WHERE room_id = 21 AND brand_id = 11",
        true,
    ),
    ("INSERT INTO participants VALUES (21, 11, 3)", true),
    ("INSERT INTO users (id) VALUES (5)", false),
    ("UPDATE users SET id = 6 WHERE id = 5", true),
    ("UPDATE users SET id = 5 WHERE id = 6", true),
    ("INSERT INTO rooms (id) VALUES (24)", false),
    ("UPDATE rooms SET id = 25 WHERE id = 24", true),
    ("UPDATE rooms SET id = 24 WHERE id = 25", true),
    ("DELETE FROM users WHERE id = 5", true),
    ("DELETE FROM rooms WHERE id = 24", true),
    ("UPDATE rooms SET frozen = true WHERE id = 21", true),
    ("UPDATE rooms SET frozen = true WHERE id = 21", false),
    ("UPDATE rooms SET kind = 'support', pen = 'always'", true),
    ("UPDATE rooms SET last_seq = last_seq + 1", false),
    (
        "UPDATE messages SET text = 'edited', edited_at = now()",
        false,
    ),
];

/// Counts the notifications of changed rights, those of one transaction once.
struct Rights(PgListener);

impl Rights {
    async fn of(database: &Database) -> Self {
        let mut listener = PgListener::connect(database.url())
            .await
            .expect("a listener");
        listener.listen("chat_rights").await.expect("a channel");
        Self(listener)
    }

    /// The number of notifications since the last call. None says that everything may
    /// have changed.
    async fn count(&mut self, platform: &Platform) -> usize {
        let end = sqlx::query("SELECT pg_notify('chat_rights', 'end')").execute(platform.pool());
        end.await.expect("a notification");
        let mut count = 0;
        loop {
            match self.0.recv().await.expect("a notification").payload() {
                "end" => return count,
                "" => count += 1,
                other => panic!("{other}"),
            }
        }
    }
}

#[tokio::test]
async fn moved_revision_is_notified_once_per_transaction() {
    let (database, platform) = with_world(&town(vec![message(None, 21, 2, 1, "hello")])).await;
    let mut rights = Rights::of(&database).await;
    for &(change, notified) in ROWS {
        let changed = sqlx::raw_sql(AssertSqlSafe(change)).execute(platform.pool());
        changed
            .await
            .unwrap_or_else(|error| panic!("{change}: {error}"));
        assert_eq!(
            rights.count(&platform).await,
            usize::from(notified),
            "{change}"
        );
    }
    let all = "UPDATE users SET profile = '{\"a\":1}'; UPDATE brands SET tariff = NULL; DELETE FROM rooms";
    let changed = sqlx::raw_sql(all).execute(platform.pool()).await;
    changed.expect("a transaction of several statements");
    assert_eq!(rights.count(&platform).await, 1);
}

#[tokio::test]
async fn service_writes_notify_no_rights() {
    let (database, platform) = with_world(&town(vec![])).await;
    let store = store(&database).await;
    let mut rights = Rights::of(&database).await;
    let now = precondition(&store, 21, 1).await;
    for id in [None, Some("id")] {
        let written = store.create_one(now, draft("hello", id)).await;
        assert!(matches!(written, Ok(Outcome::Committed(_))), "{written:?}");
    }
    let read = store.history(RoomId(21), HistoryRange::Newest, 1).await;
    let id = read
        .expect("a history")
        .messages
        .pop()
        .expect("a message")
        .id;
    let edited = store.edit(now, id, text("edited"), NO_REQUEST).await;
    assert!(
        matches!(edited, Ok(Outcome::Committed(Some(_)))),
        "{edited:?}"
    );
    let deleted = store
        .delete(now, vec![id], DeleteScope::Any, None, NO_REQUEST)
        .await;
    assert!(
        matches!(deleted, Ok(Outcome::Committed(Some(_)))),
        "{deleted:?}"
    );
    store
        .mark_read(RoomId(21), UserId(1), Seq(4), true)
        .await
        .expect("a read position");
    assert_eq!(rights.count(&platform).await, 0);
}

/// The event with this number in room 21.
pub(crate) async fn event(store: &Postgres, seq: i64) -> RoomEvent {
    event_in(store, 21, seq).await
}

/// The event with this number in this room.
pub(crate) async fn event_in(store: &Postgres, room: i64, seq: i64) -> RoomEvent {
    let room = store
        .room(RoomId(room), Read::Fresh)
        .await
        .expect("a database");
    let room = room.expect("the room");
    RoomEvent {
        seq: Seq(seq),
        epoch: room.epoch,
        at: at(0),
        by: UserId(1),
        room: room.at(at(0)),
        requester: None,
        request_id: RequestId::NONE,
        kind: EventKind::Edited {
            id: MessageId(1),
            text: text("edited"),
        },
    }
}

/// The same event, but of this kind.
pub(crate) fn event_of(event: &RoomEvent, kind: EventKind) -> RoomEvent {
    RoomEvent {
        kind,
        ..event.clone()
    }
}

/// Longer than a listener takes to connect again and to notice the other process.
const REACH_TIMEOUT: Duration = Duration::from_secs(30);

/// Publishes an event until the other process, which wants it, receives it.
pub(crate) async fn reach(from: &Postgres, to: &Postgres, event: &RoomEvent) {
    to.room_wanted(event.room.room.id, Some(Urgency::AtOnce));
    let expected = RemoteEvent::of(event, Revision(1));
    let publishing = async {
        loop {
            from.publish(event, Revision(1));
            tokio::select! {
                // The sender, too, listens only while it is polled.
                own = from.receive() => assert!(!own.contains(&expected), "its own: {own:?}"),
                // Events that were published before may still arrive.
                received = to.receive() => if received.contains(&expected) {
                    return;
                },
                () = sleep(Duration::from_millis(5)) => {}
            }
        }
    };
    let reached = timeout(REACH_TIMEOUT, publishing).await;
    reached.expect("the other process receives the event in time");
}

#[tokio::test]
async fn published_event_arrives_after_reconnect() {
    let (database, platform) = with_world(&town(vec![])).await;
    let [here, there] = [store(&database).await, store(&database).await];
    for seq in 1..=3 {
        reach(&here, &there, &event(&here, seq).await).await;
        reach(&there, &here, &event(&here, seq + 100).await).await;
        let listeners = "SELECT count(pg_terminate_backend(pid)) FROM pg_locks
            WHERE locktype = 'advisory'
              AND database = (SELECT oid FROM pg_database WHERE datname = current_database())";
        let ended: i64 = sqlx::query_scalar(listeners)
            .fetch_one(platform.pool())
            .await
            .expect("an answer");
        assert_eq!(ended, 2, "both listen");
    }
}

#[tokio::test]
async fn single_process_sends_nothing() {
    let (database, platform) = with_world(&town(vec![])).await;
    let store = store(&database).await;
    let mut listener = PgListener::connect(database.url())
        .await
        .expect("a listener");
    listener.listen("chat_events").await.expect("a channel");
    store.ready().await;
    store.room_wanted(RoomId(21), Some(Urgency::AtOnce));
    let event = event(&store, 1).await;
    for _ in 0..2 {
        store.publish(&event, Revision(1));
        store.recheck().await;
    }
    store.room_wanted(RoomId(21), None);
    store.recheck().await;
    let end = sqlx::query("SELECT pg_notify('chat_events', 'end')").execute(platform.pool());
    end.await.expect("a notification");
    let received = listener.recv().await.expect("a notification");
    assert_eq!(received.payload(), "end");
}

/// A store that reaches the database through this proxy.
async fn store_through(proxy: &Proxy, database: &Database) -> Postgres {
    let options = Options {
        url: proxy.url().to_owned(),
        ..options(database)
    };
    Postgres::connect(&options).await.expect("a connection")
}

#[tokio::test]
async fn recheck_comes_while_database_is_away() {
    let (database, _platform) = with_world(&town(vec![])).await;
    let proxy = Proxy::before(database.url()).await;
    let away = store_through(&proxy, &database).await;
    let there = store(&database).await;
    let event = event(&there, 1).await;
    reach(&there, &away, &event).await;
    proxy.freeze();
    away.recheck().await;
    away.recheck().await;
    proxy.cut().await;
    away.recheck().await;
    away.recheck().await;
    proxy.heal().await;
    reach(&there, &away, &event).await;
}

/// The clock is the same for both stores; only one of them is notified.
#[tokio::test]
async fn platform_change_brings_recheck_forward() {
    let (database, platform) = with_world(&town(vec![])).await;
    let proxy = Proxy::before(database.url()).await;
    let unreached = store_through(&proxy, &database).await;
    let reached = store(&database).await;
    proxy.cut().await;
    let changes = async {
        loop {
            let change = sqlx::query("UPDATE users SET admin = NOT admin WHERE id = 1");
            change.execute(platform.pool()).await.expect("the change");
            sleep(Duration::from_millis(50)).await;
        }
    };
    let rechecks = async |store: &Postgres| {
        // Nobody calls `receive`.
        for _ in 0..5 {
            store.recheck().await;
        }
    };
    tokio::select! {
        () = rechecks(&reached) => {}
        () = rechecks(&unreached) => panic!("the changes bring no recheck forward"),
        () = changes => {}
    }
}
