use std::time::Duration;

use aftermatch_ports::{
    Changes, CreateOne, Draft, Messages, Outcome, People, Precondition, Read, Revisions, Rooms,
    model::{MessageId, RequestId, RoomId, Seq, Text, UserId, access::DeleteScope},
};
use aftermatch_postgres::Postgres;

use crate::support::World;

const LOG: &str = "
    SELECT string_agg(seq || ' ' || what, ', ' ORDER BY seq) FROM (
        SELECT seq, text AS what FROM messages WHERE room_id = 21
        UNION ALL SELECT seq, kind || ' ' || array_to_string(message_ids, '+') FROM events WHERE room_id = 21
    ) log WHERE seq > 4";

#[tokio::test]
async fn messages_of_the_platform_are_events() {
    let (world, _draining) = World::drained().await;
    world.run("INSERT INTO platform.chat_message (id, room_id, user_id, text) VALUES (50, 21, 2, 'five')").await;
    world.becomes(LOG, "5 five").await;
    world
        .run("UPDATE platform.chat_message SET text = 'FIVE' WHERE id = 50")
        .await;
    world.becomes(LOG, "5 FIVE, 6 edited 50").await;
    world
        .run("DELETE FROM platform.chat_message WHERE id IN (1, 4, 50)")
        .await;
    world
        .becomes("SELECT last_seq FROM rooms WHERE id = 21", "8")
        .await;
    let log = "SELECT string_agg(seq || ' ' || array_to_string(message_ids, '+') || ' of ' || user_id, ', ' ORDER BY seq)
               FROM events WHERE kind = 'deleted'";
    assert_eq!(
        world.text(log).await.as_deref(),
        Some("7 1+4 of 1, 8 50 of 2")
    );
    let replaced =
        "SELECT array_to_string(replaced, '+') || ' of ' || array_to_string(replaced_seqs, '+')
                    FROM events WHERE seq = 7";
    assert_eq!(
        world.text(replaced).await.as_deref(),
        Some("one+two of 1+2")
    );
    world.is_same().await;
}

#[tokio::test]
async fn what_is_written_here_is_written_there() {
    let (world, draining) = World::drained().await;
    let store = &draining.store;
    let text = |text| Text::new(text, 100).expect("a text");
    let draft = Draft {
        text: text("from the chat"),
        attachments: None,
        client_msg_id: None,
        request_id: RequestId::NONE,
    };
    let created = store
        .create_one(precondition(store, 21, 2).await, draft)
        .await;
    assert!(matches!(created, Ok(Outcome::Committed(_))), "{created:?}");
    let there = "SELECT string_agg(room_id || ' ' || user_id || ' ' || text, ', ')
                 FROM platform.chat_message WHERE id >= 1000000000000";
    world.becomes(there, "21 2 from the chat").await;
    let id = world
        .text("SELECT max(id) FROM messages")
        .await
        .expect("a message");
    let id = MessageId(id.parse().expect("a number"));
    let edited = store
        .edit(
            precondition(store, 21, 2).await,
            id,
            text("edited"),
            RequestId::NONE,
        )
        .await;
    assert!(
        matches!(edited, Ok(Outcome::Committed(Some(_)))),
        "{edited:?}"
    );
    world.becomes(there, "21 2 edited").await;
    // Also what the platform wrote.
    let ids = vec![id, MessageId(2)];
    let deleted = store
        .delete(
            precondition(store, 21, 2).await,
            ids,
            DeleteScope::OwnedBy(UserId(2)),
            None,
            RequestId::NONE,
        )
        .await;
    assert!(
        matches!(deleted, Ok(Outcome::Committed(Some(_)))),
        "{deleted:?}"
    );
    world
        .becomes(
            "SELECT string_agg(id::text, ' ' ORDER BY id) FROM platform.chat_message WHERE room_id = 21",
            "1 4 5",
        )
        .await;
    // Nothing came back as an event of the platform.
    assert_eq!(
        world
            .text("SELECT last_seq FROM rooms WHERE id = 21")
            .await
            .as_deref(),
        Some("7")
    );
    world.is_same().await;
}

/// Foreign keys of Django are checked at the commit.
#[tokio::test]
async fn message_of_a_removed_room_holds_up_nothing() {
    let (world, draining) = World::drained().await;
    drop(draining);
    let store = Postgres::connect(&world.options())
        .await
        .expect("a connection");
    for (room, user) in [(22, 3), (22, 2), (21, 2)] {
        let draft = Draft {
            text: Text::new("written here", 100).expect("a text"),
            attachments: None,
            client_msg_id: None,
            request_id: RequestId::NONE,
        };
        let precondition = precondition(&store, room, user).await;
        let created = store.create_one(precondition, draft).await;
        assert!(matches!(created, Ok(Outcome::Committed(_))), "{created:?}");
    }
    world
        .run(
            "DELETE FROM platform.chat_room WHERE id = 22;
             DELETE FROM platform.accounts_user WHERE id = 3",
        )
        .await;
    let _draining = world.drain().await;
    let there = "SELECT string_agg(room_id || ' ' || user_id, ', ') FROM platform.chat_message
                 WHERE text = 'written here'";
    world.becomes(there, "21 2").await;
    world.becomes("SELECT count(*) FROM rooms", "1").await;
    world
        .becomes("SELECT count(*) FROM bridge_written", "0")
        .await;
    world.is_drained().await;
    world.is_same().await;
}

#[tokio::test]
async fn message_changed_here_stays_deleted_there() {
    let (world, draining) = World::drained().await;
    drop(draining);
    let store = Postgres::connect(&world.options())
        .await
        .expect("a connection");
    let text = Text::new("changed here", 100).expect("a text");
    let edited = store
        .edit(
            precondition(&store, 21, 2).await,
            MessageId(2),
            text,
            RequestId::NONE,
        )
        .await;
    assert!(
        matches!(edited, Ok(Outcome::Committed(Some(_)))),
        "{edited:?}"
    );
    world
        .run("DELETE FROM platform.chat_message WHERE id = 2")
        .await;
    let _draining = world.drain().await;
    world
        .becomes(
            "SELECT deleted_at IS NOT NULL FROM messages WHERE id = 2",
            "true",
        )
        .await;
    world.is_same().await;
}

#[tokio::test]
async fn room_is_removed_with_its_messages() {
    let (world, _draining) = World::drained().await;
    world
        .run("DELETE FROM platform.chat_room WHERE id = 21")
        .await;
    world
        .becomes("SELECT count(*) FROM rooms WHERE id = 21", "0")
        .await;
    world
        .becomes("SELECT count(*) FROM messages WHERE room_id = 21", "0")
        .await;
    world.is_same().await;
}

async fn precondition(store: &Postgres, room: i64, user: i64) -> Precondition {
    let (room, user) = (RoomId(room), UserId(user));
    let found = store.room(room, Read::Fresh).await.expect("a database");
    let found = found.expect("the room");
    let author = store.user(user, Read::Fresh).await.expect("a database");
    Precondition {
        room,
        room_revision: found.revision,
        room_epoch: found.epoch.room,
        user,
        user_revision: author.expect("the user").revision,
    }
}

/// A notification can be lost. The ids of these messages are not new, and still a recheck
/// finds them.
#[tokio::test]
async fn recheck_finds_messages_of_the_platform() {
    let (world, draining) = World::drained().await;
    let store = &draining.store;
    world.run("INSERT INTO platform.chat_message (id, room_id, user_id, text) VALUES (50, 21, 2, 'five')").await;
    world
        .becomes("SELECT last_seq FROM rooms WHERE id = 21", "5")
        .await;
    // What was committed before can be known from the second recheck on.
    while matches!(store.changes().await, Ok(Changes::Unknown)) {
        store.recheck().await;
    }
    world.run("INSERT INTO platform.chat_message (id, room_id, user_id, text) VALUES (51, 21, 2, 'six')").await;
    let found = async {
        loop {
            store.recheck().await;
            if let Changes::Known { logs, .. } = store.changes().await.expect("a database")
                && let Some((_, head)) = logs.iter().find(|(room, _)| *room == RoomId(21))
                && head.last_seq == Seq(6)
            {
                return;
            }
        }
    };
    let found = tokio::time::timeout(Duration::from_secs(30), found).await;
    found.expect("the log of the room");
}
