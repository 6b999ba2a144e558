//! Signals from the platform and from other processes.

use crate::support::{at, draft, message, precondition, store, text, town, with_dataset};
use aftermatch_ports::{
    Expected, Messages, Moved, Read, Rooms, Tiding, Told, Watch, Written,
    model::{Change, MessageId, RoomId, Seq, Tag, UserId, What, rules::Whose},
};
use aftermatch_postgres::Postgres;
use aftermatch_testdb::{Database, Platform};
use sqlx::{AssertSqlSafe, postgres::PgListener};

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
    ("INSERT INTO rooms (id) VALUES (24)", false),
    ("DELETE FROM users WHERE id = 5", true),
    ("DELETE FROM rooms WHERE id = 24", true),
    ("UPDATE rooms SET last_seq = last_seq + 1", false),
    (
        "UPDATE messages SET text = 'edited', edited_at = now()",
        false,
    ),
];

/// Counts the notifications of changed rights.
struct Rights(PgListener);

impl Rights {
    async fn of(database: &Database) -> Self {
        let mut listener = PgListener::connect(database.url())
            .await
            .expect("a listener");
        listener.listen("chat_rights").await.expect("a channel");
        Self(listener)
    }

    /// The number of notifications since the last call.
    async fn count(&mut self, platform: &Platform) -> usize {
        let end = sqlx::query("SELECT pg_notify('chat_rights', 'end')").execute(platform.pool());
        end.await.expect("a notification");
        let mut count = 0;
        while self.0.recv().await.expect("a notification").payload() != "end" {
            count += 1;
        }
        count
    }
}

#[tokio::test]
async fn moved_revision_is_notified_once_per_transaction() {
    let (database, platform) = with_dataset(&town(vec![message(None, 21, 2, 1, "hello")])).await;
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
    let (database, platform) = with_dataset(&town(vec![])).await;
    let store = store(&database).await;
    let mut rights = Rights::of(&database).await;
    let now = precondition(&store, 21, 1).await;
    for id in [None, Some("id")] {
        let written = store.create(now, draft("hello", id), at(1)).await;
        assert!(matches!(written, Ok(Written::Done(_))), "{written:?}");
    }
    let read = store
        .history(RoomId(21), aftermatch_ports::Stretch::Newest, 1)
        .await;
    let id = read
        .expect("a history")
        .messages
        .pop()
        .expect("a message")
        .id;
    let edited = store.edit(now, id, text("edited"), at(2)).await;
    assert!(matches!(edited, Ok(Written::Done(Some(_)))), "{edited:?}");
    let deleted = store.delete(now, vec![id], Whose::Anyones, at(3)).await;
    assert!(matches!(deleted, Ok(Written::Done(Some(_)))), "{deleted:?}");
    store
        .mark_read(RoomId(21), UserId(1), Seq(4))
        .await
        .expect("a read position");
    assert_eq!(rights.count(&platform).await, 0);
}

/// The event with this number in room 21.
pub(crate) async fn event(store: &Postgres, seq: i64, tag: Tag) -> Change {
    let room = store
        .room(RoomId(21), Read::Fresh)
        .await
        .expect("a database");
    Change {
        seq: Seq(seq),
        room: room.expect("the room").at(at(0)),
        asker: None,
        tag,
        what: What::Edited {
            id: MessageId(1),
            text: text("edited"),
        },
    }
}

/// Sends an event until the other process receives it. Returns what it received. The
/// sender receives nothing of it.
pub(crate) async fn reach(from: &Postgres, to: &Postgres, event: &Change) -> Vec<Told> {
    loop {
        from.announce(event);
        tokio::select! {
            // Events that the other process sent before may still arrive.
            own = from.next() => if let Tiding::Kept(told) = own {
                assert!(told.iter().all(|told| told.seq != event.seq), "its own: {told:?}");
            },
            other = to.next() => if let Tiding::Kept(told) = other {
                return told;
            }
        }
    }
}

#[tokio::test]
async fn sent_event_reaches_process_after_reconnect() {
    let (database, platform) = with_dataset(&town(vec![])).await;
    let [here, there] = [store(&database).await, store(&database).await];
    let tags = [Tag::NONE, Tag::new("1500000"), Tag::new(r#""a string""#)];
    for (seq, tag) in (7..).zip(tags) {
        for (from, to, seq) in [(&here, &there, seq), (&there, &here, seq + 100)] {
            let event = event(&here, seq, tag.clone()).await;
            let expected = Told {
                room: RoomId(21),
                seq: Seq(seq),
                tag: tag.clone(),
            };
            // The event before may still arrive.
            loop {
                let told = reach(from, to, &event).await;
                if told.contains(&expected) {
                    break;
                }
                assert!(told.iter().all(|told| told.seq < Seq(seq)), "{told:?}");
            }
        }
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
    let (database, platform) = with_dataset(&town(vec![])).await;
    let store = store(&database).await;
    let mut listener = PgListener::connect(database.url())
        .await
        .expect("a listener");
    listener.listen("chat_changes").await.expect("a channel");
    let event = event(&store, 1, Tag::NONE).await;
    for _ in 0..2 {
        store.announce(&event);
        assert_eq!(store.next().await, Tiding::Look);
    }
    let end = sqlx::query("SELECT pg_notify('chat_changes', 'end')").execute(platform.pool());
    end.await.expect("a notification");
    let received = listener.recv().await.expect("a notification");
    assert_eq!(received.payload(), "end");
}

#[tokio::test]
async fn recheck_comes_while_database_is_away() {
    let (database, _platform) = with_dataset(&town(vec![])).await;
    let proxy = aftermatch_testdb::Proxy::before(database.url()).await;
    let options = aftermatch_postgres::Options {
        url: proxy.url().to_owned(),
        ..crate::support::options(&database)
    };
    let away = Postgres::connect(&options).await.expect("a connection");
    let there = store(&database).await;
    let event = event(&there, 1, Tag::NONE).await;
    reach(&there, &away, &event).await;
    // Events that were sent before may still arrive.
    let recheck = async || while away.next().await != Tiding::Look {};
    proxy.freeze();
    recheck().await;
    recheck().await;
    proxy.cut().await;
    recheck().await;
    recheck().await;
    proxy.heal().await;
    reach(&there, &away, &event).await;
}

#[tokio::test]
async fn compared_changes_leave_the_cache() {
    let (database, platform) = with_dataset(&town(vec![])).await;
    let store = store(&database).await;
    let cached = async || {
        let room = store
            .room(RoomId(21), Read::Cached)
            .await
            .expect("a database");
        let user = aftermatch_ports::People::user(&store, UserId(1), Read::Cached).await;
        let (room, user) = (
            room.expect("the room"),
            user.expect("a database").expect("the user"),
        );
        (room.revision, user.revision)
    };
    let (room, user) = cached().await;
    for change in [
        "UPDATE users SET admin = true WHERE id = 1",
        "UPDATE brands SET tariff = 'business' WHERE id = 11",
    ] {
        let changed = sqlx::query(change).execute(platform.pool()).await;
        changed.expect("the change");
    }
    assert_eq!(cached().await, (room, user));
    let expected = Expected {
        room: RoomId(21),
        revision: room,
        last: Seq::ZERO,
    };
    let moved = store.moved(vec![(UserId(1), user)], vec![expected]).await;
    let both = Moved {
        users: vec![UserId(1)],
        rooms: vec![RoomId(21)],
        ahead: vec![],
    };
    assert_eq!(moved.expect("an answer"), both);
    let now = cached().await;
    assert!(now.0 != room && now.1 != user, "{now:?}");
}
