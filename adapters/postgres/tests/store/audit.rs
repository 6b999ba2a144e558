//! What the log says about the past, as only Postgres can have it: after older programs, and
//! about users that the platform has removed.

use aftermatch_ports::{
    AuditPage, CreateOne, CreateOutcome, Log, Messages, Outcome,
    model::{Author, MessageId, Reason, RoomId, Seq, UserId, VersionKind, access::DeleteScope},
};
use aftermatch_postgres::Postgres;
use sqlx::AssertSqlSafe;

use crate::support::{
    NO_REQUEST, draft, message, precondition, profile, rows_visited, store, text, town, with_world,
};

const ROOM: RoomId = RoomId(21);

async fn edit(store: &Postgres, id: i64, says: &str) {
    let now = precondition(store, ROOM.0, 1).await;
    let edited = store.edit(now, MessageId(id), text(says), NO_REQUEST).await;
    assert!(
        matches!(edited, Ok(Outcome::Committed(Some(_)))),
        "{edited:?}"
    );
}

async fn delete(store: &Postgres, by: i64, id: i64) {
    let now = precondition(store, ROOM.0, by).await;
    let (ids, reason) = (vec![MessageId(id)], Some(Reason::stored("spam")));
    let deleted = store.delete(now, ids, DeleteScope::Any, reason, NO_REQUEST);
    let deleted = deleted.await;
    assert!(
        matches!(deleted, Ok(Outcome::Committed(Some(_)))),
        "{deleted:?}"
    );
}

/// The versions of a message, each with its number and the user.
async fn versions(store: &Postgres, id: i64) -> Vec<(i64, i64, VersionKind)> {
    let page = store.versions(ROOM, MessageId(id), None, 9).await;
    let page = page.expect("a database").expect("the message");
    let versions = page.versions.into_iter();
    versions
        .map(|version| (version.seq.0, version.by.id.0, version.kind))
        .collect()
}

#[tokio::test]
async fn version_of_old_program_is_shown() {
    let (database, platform) = with_world(&town(vec![
        message(Some(7), 21, 1, 5, "first"),
        message(Some(8), 21, 1, 6, "second"),
    ]))
    .await;
    let store = store(&database).await;
    edit(&store, 7, "known").await; // 3
    // What the program before the table `events` wrote.
    for statement in [
        "UPDATE messages SET text = 'by old', edited_at = now(), changed_seq = 4 WHERE id = 7",
        "UPDATE messages SET text = NULL, deleted_at = now(), deleted_by = 2, changed_seq = 5
         WHERE id = 8",
        "UPDATE rooms SET last_seq = 5 WHERE id = 21",
    ] {
        let written = sqlx::raw_sql(AssertSqlSafe(statement)).execute(platform.pool());
        written.await.expect("the write");
    }
    edit(&store, 7, "new").await; // 6
    delete(&store, 4, 7).await; // 7

    let edited = |says| VersionKind::Edited(Some(text(says)));
    let spam = Some(Reason::stored("spam"));
    let expected = [
        // What took the second one away is not known.
        (1, 1, VersionKind::Created(Some(text("first")))),
        (4, 1, edited("by old")),
        (6, 1, edited("new")),
        (7, 4, VersionKind::Deleted(spam)),
    ];
    assert_eq!(versions(&store, 7).await, expected);
    let expected = [
        (2, 1, VersionKind::Created(None)),
        (5, 2, VersionKind::Deleted(None)),
    ];
    assert_eq!(versions(&store, 8).await, expected);
    let page = store.audit(ROOM, None, 9).await.expect("a database");
    let seqs: Vec<_> = page.events.iter().map(|event| event.seq.0).collect();
    assert_eq!(seqs, [7, 6, 3]);
}

#[tokio::test]
async fn past_shows_removed_user_by_id() {
    let (database, platform) = with_world(&town(vec![])).await;
    let store = store(&database).await;
    let now = precondition(&store, ROOM.0, 1).await;
    let created = store.create_one(now, draft("first", None)).await;
    let Ok(Outcome::Committed(CreateOutcome::Created(created))) = created else {
        panic!("{created:?}");
    };
    delete(&store, 4, created.id.0).await;
    let removed = sqlx::query("DELETE FROM users WHERE id = 4");
    removed
        .execute(platform.pool())
        .await
        .expect("it wrote nothing");

    let page = store.audit(ROOM, None, 9).await;
    let AuditPage { events, .. } = page.expect("a database");
    let nobody = Author {
        id: UserId(4),
        profile: profile("{}"),
    };
    assert_eq!(events[0].by, nobody);
    let page = store.versions(ROOM, created.id, None, 1).await;
    let page = page.expect("a database").expect("the message");
    assert_eq!(page.versions[0].by, nobody);
}

/// A message that was edited very often.
const EDITED: &str = "
    INSERT INTO messages (id, room_id, user_id, text, created_at, edited_at, seq, changed_seq)
    VALUES (7, 21, 1, 'now', now(), now(), 1, 20001);
    INSERT INTO events (room_id, seq, kind, user_id, at, message_ids, replaced, replaced_seqs)
    SELECT 21, n + 1, 'edited', 1, now(), ARRAY[7], ARRAY['before'], ARRAY[n]
    FROM generate_series(1, 20000) n;
    UPDATE rooms SET last_seq = 20001 WHERE id = 21;
    ANALYZE events";

#[tokio::test]
async fn page_of_past_visits_few_events() {
    let (database, platform) = with_world(&town(vec![])).await;
    let edited = sqlx::raw_sql(EDITED).execute(platform.pool()).await;
    edited.expect("the rows");
    let visited = rows_visited(&database, &platform, "events", async |store| {
        for before in [None, Some(Seq(10_000)), Some(Seq(50))] {
            let page = store.versions(ROOM, MessageId(7), before, 10).await;
            let page = page.expect("a database").expect("the message");
            let newest = before.map_or(20_001, |Seq(before)| before - 1);
            let seqs: Vec<_> = page.versions.iter().map(|version| version.seq.0).collect();
            assert_eq!(seqs, (newest - 9..=newest).collect::<Vec<_>>());
            let page = store.audit(ROOM, before, 10).await.expect("a database");
            assert_eq!(page.events.len(), 10);
        }
    });
    let visited = visited.await;
    assert!(visited < 500, "{visited} rows of events were read");
}
