//! Attachments, and what the platform does to their messages by SQL.

use std::time::Duration;

use aftermatch_ports::{
    History, HistoryRange, Log,
    model::{Attachments, MessageId, RoomId},
};
use aftermatch_postgres::Postgres;
use aftermatch_testdb::Platform;
use sqlx::Connection;

use crate::support::store;

const JSON: &str = r#"[{"id":"f", "n":1.50}]"#;

/// Message 1 of a room, with attachments.
const ROOM: &str = r#"
    INSERT INTO users (id) VALUES (1);
    INSERT INTO rooms (id, last_seq) VALUES (21, 1);
    INSERT INTO messages (id, room_id, user_id, text, created_at, seq, changed_seq, attachments)
    VALUES (1, 21, 1, '', now(), 1, 1, '[{"id":"f", "n":1.50}]')"#;

async fn attachments(store: &Postgres) -> Option<Attachments> {
    let versions = store.versions(RoomId(21), MessageId(1), None, 9).await;
    versions.expect("an answer").expect("a message").attachments
}

async fn purge(store: &Postgres) -> usize {
    store.purge(Duration::ZERO, 9).await.expect("a purge")
}

#[tokio::test]
async fn attachments_survive_edit_of_platform() {
    let database = aftermatch_testdb::fresh().await;
    let platform = Platform::connect(database.url()).await;
    let sql = format!("{ROOM}; SELECT edit(1, 'a text')");
    let run = sqlx::raw_sql(sqlx::AssertSqlSafe(sql)).execute(platform.pool());
    run.await.expect("an edit");
    let store = store(&database).await;
    let page = store.history(RoomId(21), HistoryRange::Newest, 9).await;
    let message = page.expect("a page").messages.pop().expect("a message");
    assert_eq!(message.text.as_str(), "a text");
    assert_eq!(message.attachments, Some(Attachments::stored(JSON)));
    // The text that was replaced is purged, and the attachments are still there.
    assert_eq!(purge(&store).await, 1);
    assert_eq!(attachments(&store).await, message.attachments);
}

/// A room that is being removed has its messages locked: a purge does not wait for it.
#[tokio::test]
async fn purge_leaves_locked_attachments_for_later() {
    let database = aftermatch_testdb::fresh().await;
    let platform = Platform::connect(database.url()).await;
    let sql = format!("{ROOM}; SELECT remove(ARRAY[1])");
    let run = sqlx::raw_sql(sqlx::AssertSqlSafe(sql)).execute(platform.pool());
    run.await.expect("a deletion");
    let store = store(&database).await;
    let kept = Some(Attachments::stored(JSON));
    assert_eq!(attachments(&store).await, kept);

    let mut other = sqlx::PgConnection::connect(database.url())
        .await
        .expect("a connection");
    let mut locking = other.begin().await.expect("a transaction");
    let lock = sqlx::query("SELECT FROM messages WHERE id = 1 FOR UPDATE");
    lock.execute(&mut *locking).await.expect("a lock");
    assert_eq!(purge(&store).await, 0);
    assert_eq!(attachments(&store).await, kept);
    locking.rollback().await.expect("a rollback");
    assert_eq!(purge(&store).await, 1);
    assert_eq!(attachments(&store).await, None);
}
