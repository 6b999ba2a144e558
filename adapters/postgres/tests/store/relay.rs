//! What is heard of the platform and of other processes.

#![allow(
    clippy::expect_used,
    clippy::panic,
    unreachable_pub,
    reason = "all of this is tests"
)]

mod common;

use aftermatch_ports::{
    Expected, Messages, Moved, Read, Rooms, Tiding, Told, Watch, Written,
    model::{Change, MessageId, RoomId, Seq, Tag, UserId, What, rules::Whose},
};
use aftermatch_postgres::Postgres;
use aftermatch_testdb::{Database, Platform};
use common::{at, draft, guard, holding, message, store, text, town};
use sqlx::{AssertSqlSafe, postgres::PgListener};

/// What the platform does, one after the other on [`town`]; whether it moves or
/// removes a user or a room.
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

/// Hears of rights, for a test.
struct Rights(PgListener);

impl Rights {
    async fn of(database: &Database) -> Self {
        let mut listener = PgListener::connect(database.url())
            .await
            .expect("a listener");
        listener.listen("chat_rights").await.expect("a channel");
        Self(listener)
    }

    /// How often something was notified until now.
    async fn heard(&mut self, platform: &Platform) -> usize {
        let end = sqlx::query("SELECT pg_notify('chat_rights', 'end')").execute(platform.pool());
        end.await.expect("a notification");
        let mut heard = 0;
        while self.0.recv().await.expect("a notification").payload() != "end" {
            heard += 1;
        }
        heard
    }
}

#[tokio::test]
async fn what_moves_a_revision_is_notified_once_in_a_transaction() {
    let (database, platform) = holding(&town(vec![message(None, 21, 2, 1, "hello")])).await;
    let mut rights = Rights::of(&database).await;
    for &(change, told) in ROWS {
        let changed = sqlx::raw_sql(AssertSqlSafe(change)).execute(platform.pool());
        changed
            .await
            .unwrap_or_else(|error| panic!("{change}: {error}"));
        assert_eq!(rights.heard(&platform).await, usize::from(told), "{change}");
    }
    let all = "UPDATE users SET profile = '{\"a\":1}'; UPDATE brands SET tariff = NULL; DELETE FROM rooms";
    let changed = sqlx::raw_sql(all).execute(platform.pool()).await;
    changed.expect("a transaction of several statements");
    assert_eq!(rights.heard(&platform).await, 1);
}

#[tokio::test]
async fn what_the_service_writes_is_not_notified() {
    let (database, platform) = holding(&town(vec![])).await;
    let store = store(&database).await;
    let mut rights = Rights::of(&database).await;
    let now = guard(&store, 21, 1).await;
    for name in [None, Some("name")] {
        let written = store.create(now, draft("hello", name), at(1)).await;
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
        .expect("a mark");
    assert_eq!(rights.heard(&platform).await, 0);
}

/// The change of that number in room 21.
async fn change(store: &Postgres, seq: i64, tag: Tag) -> Change {
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

/// Announces until the other process has heard; what that was. Whoever announces
/// hears nothing of it.
async fn reach(from: &Postgres, to: &Postgres, change: &Change) -> Vec<Told> {
    loop {
        from.announce(change);
        tokio::select! {
            // Of what the other announced before, some may still be on its way.
            own = from.next() => if let Tiding::Kept(told) = own {
                assert!(told.iter().all(|told| told.seq != change.seq), "its own: {told:?}");
            },
            other = to.next() => if let Tiding::Kept(told) = other {
                return told;
            }
        }
    }
}

#[tokio::test]
async fn what_one_process_announces_the_other_hears_even_from_a_new_connection() {
    let (database, platform) = holding(&town(vec![])).await;
    let [here, there] = [store(&database).await, store(&database).await];
    let tags = [Tag::NONE, Tag::new("1500000"), Tag::new(r#""a string""#)];
    for (seq, tag) in (7..).zip(tags) {
        for (from, to, seq) in [(&here, &there, seq), (&there, &here, seq + 100)] {
            let change = change(&here, seq, tag.clone()).await;
            let expected = Told {
                room: RoomId(21),
                seq: Seq(seq),
                tag: tag.clone(),
            };
            // Of the one before some may still be on their way.
            loop {
                let told = reach(from, to, &change).await;
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
async fn a_lone_process_announces_nothing() {
    let (database, platform) = holding(&town(vec![])).await;
    let store = store(&database).await;
    let mut listener = PgListener::connect(database.url())
        .await
        .expect("a listener");
    listener.listen("chat_changes").await.expect("a channel");
    let change = change(&store, 1, Tag::NONE).await;
    for _ in 0..2 {
        store.announce(&change);
        assert_eq!(store.next().await, Tiding::Look);
    }
    let end = sqlx::query("SELECT pg_notify('chat_changes', 'end')").execute(platform.pool());
    end.await.expect("a notification");
    let heard = listener.recv().await.expect("a notification");
    assert_eq!(heard.payload(), "end");
}

#[tokio::test]
async fn there_is_something_to_look_at_while_the_database_is_away() {
    let (database, _platform) = holding(&town(vec![])).await;
    let proxy = aftermatch_testdb::Proxy::before(database.url()).await;
    let options = aftermatch_postgres::Options {
        url: proxy.url().to_owned(),
        ..common::options(&database)
    };
    let away = Postgres::connect(&options).await.expect("a connection");
    let there = store(&database).await;
    let change = change(&there, 1, Tag::NONE).await;
    reach(&there, &away, &change).await;
    // What was announced last may still be on its way.
    let looks = async || while away.next().await != Tiding::Look {};
    proxy.freeze();
    looks().await;
    looks().await;
    proxy.cut().await;
    looks().await;
    looks().await;
    proxy.heal().await;
    reach(&there, &away, &change).await;
}

#[tokio::test]
async fn what_has_moved_is_not_remembered() {
    let (database, platform) = holding(&town(vec![])).await;
    let store = store(&database).await;
    let remembered = async || {
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
    let (room, user) = remembered().await;
    for change in [
        "UPDATE users SET admin = true WHERE id = 1",
        "UPDATE brands SET tariff = 'business' WHERE id = 11",
    ] {
        let changed = sqlx::query(change).execute(platform.pool()).await;
        changed.expect("the change");
    }
    assert_eq!(remembered().await, (room, user));
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
    let now = remembered().await;
    assert!(now.0 != room && now.1 != user, "{now:?}");
}
