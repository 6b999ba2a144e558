//! The log of a room as only Postgres can have it: written by several processes, by
//! older programs and by imports.

use std::{sync::Arc, time::Duration};

use crate::support::{
    NO_REQUEST, draft, import_into, last_seq, message, precondition, store, text, town, with_world,
};
use aftermatch_ports::{
    Commit, CreateOne, CreateOutcome, Created, Log, Messages, Outcome, Read, Rooms,
    model::{Epoch, EventKind, LoggedEvent, MessageId, RoomId, Seq, UserId, access::DeleteScope},
};
use aftermatch_postgres::Postgres;
use aftermatch_testdb::Platform;
use sqlx::AssertSqlSafe;
use tokio::task::JoinSet;

const ROOM: RoomId = RoomId(21);

async fn create(store: &Postgres, author: i64, says: &str) -> Created {
    let precondition = precondition(store, ROOM.0, author).await;
    match store.create_one(precondition, draft(says, None)).await {
        Ok(Outcome::Committed(CreateOutcome::Created(created))) => created,
        other => panic!("{other:?}"),
    }
}

async fn edit(store: &Postgres, author: i64, id: MessageId, says: &str) -> Commit {
    let precondition = precondition(store, ROOM.0, author).await;
    match store.edit(precondition, id, text(says), NO_REQUEST).await {
        Ok(Outcome::Committed(Some(commit))) => commit,
        other => panic!("{other:?}"),
    }
}

async fn delete(store: &Postgres, ids: &[MessageId]) -> Commit {
    let precondition = precondition(store, ROOM.0, 1).await;
    let deleted = store.delete(
        precondition,
        ids.to_vec(),
        DeleteScope::Any,
        None,
        NO_REQUEST,
    );
    match deleted.await {
        Ok(Outcome::Committed(Some(deleted))) => deleted.commit,
        other => panic!("{other:?}"),
    }
}

/// The events after `after`, or none if one of them cannot be read as it was.
async fn events(store: &Postgres, after: i64, limit: usize) -> Option<Vec<LoggedEvent>> {
    let page = store.events(ROOM, Seq(after), limit).await;
    page.expect("a database").expect("the room").events
}

/// The text that an event gave to a message.
fn given(event: &LoggedEvent) -> Option<(MessageId, &str)> {
    match &event.kind {
        EventKind::Created(message) => Some((message.id, message.text.as_str())),
        EventKind::Edited { id, text } => Some((*id, text.as_str())),
        EventKind::Deleted { .. } => None,
    }
}

#[tokio::test]
async fn events_after_many_edits_show_their_texts() {
    let (database, _platform) = with_world(&town(vec![])).await;
    let store = store(&database).await;
    let mut written = Vec::new();
    let mut ids = Vec::new();
    for nth in 0..20 {
        let says = format!("message {nth}");
        ids.push(create(&store, 1, &says).await.id);
        written.push((ids[nth], says));
    }
    for round in 0..5 {
        for (nth, id) in ids.iter().enumerate().filter(|(nth, _)| nth % 3 != 0) {
            let says = format!("edit {round} of {nth}");
            edit(&store, 1, *id, &says).await;
            written.push((*id, says));
        }
    }
    delete(&store, &ids[5..15]).await;
    delete(&store, &ids[15..16]).await;
    for limit in [1, 7, 1_000] {
        let (mut read, mut after) = (Vec::new(), 0);
        loop {
            let page = events(&store, after, limit).await.expect("all of them");
            let Some(last) = page.last() else { break };
            after = last.seq.0;
            let texts = page.iter().filter_map(given);
            read.extend(texts.map(|(id, says)| (id, says.to_owned())));
        }
        assert_eq!(read, written, "pages of {limit}");
        assert_eq!(Seq(after), last_seq(&store, ROOM.0).await);
    }
}

/// What the program before this schema runs to edit and to delete the message $1 as
/// event $2.
const OLD_WRITES: [&str; 2] = [
    "UPDATE messages SET text = 'edited by an old program', edited_at = now(), changed_seq = $2
     WHERE id = $1",
    "UPDATE messages SET text = NULL, sent_sha256 = NULL, deleted_at = now(), deleted_by = 1,
            changed_seq = $2
     WHERE id = $1",
];

async fn write_as_old(platform: &Platform, statement: &'static str, id: MessageId) {
    let number = "UPDATE rooms SET last_seq = last_seq + 1 WHERE id = 21 RETURNING last_seq";
    let mut transaction = platform.pool().begin().await.expect("a transaction");
    let seq: i64 = sqlx::query_scalar(number)
        .fetch_one(&mut *transaction)
        .await
        .expect("the room");
    let write = sqlx::query(statement).bind(id.0).bind(seq);
    let written = write.execute(&mut *transaction).await.expect("the write");
    assert_eq!(written.rows_affected(), 1);
    transaction.commit().await.expect("the end");
}

#[tokio::test]
async fn write_of_old_program_leaves_no_wrong_text() {
    let (database, platform) = with_world(&town(vec![])).await;
    let store = store(&database).await;
    // 1 to 3: each is changed by the old program, and in other ways before and after.
    let mut ids = Vec::new();
    for says in ["first", "second", "third"] {
        ids.push(create(&store, 1, says).await.id);
    }
    edit(&store, 1, ids[1], "known").await; // 4
    for id in &ids {
        write_as_old(&platform, OLD_WRITES[0], *id).await; // 5 to 7
    }
    edit(&store, 1, ids[0], "new").await; // 8
    delete(&store, &ids[1..2]).await; // 9
    write_as_old(&platform, OLD_WRITES[1], ids[2]).await; // 10
    let insert = "INSERT INTO messages (room_id, user_id, text, created_at, seq, changed_seq)
        VALUES (21, 1, 'by an old program', now(), 11, 11)";
    for statement in [insert, "UPDATE rooms SET last_seq = 11 WHERE id = 21"] {
        let written = sqlx::query(statement).execute(platform.pool()).await;
        written.expect("the write");
    }

    let expected = [
        (1, None),
        (2, Some("second")),
        (3, None),
        (4, None),
        (5, None),
        (6, None),
        (7, None),
        (8, Some("new")),
        (10, None),
        (11, Some("by an old program")),
    ];
    for (seq, says) in expected {
        let page = events(&store, seq - 1, 1).await;
        let read = page.as_ref().and_then(|page| given(&page[0]));
        assert_eq!(read.map(|(_, text)| text), says, "event {seq}");
    }
    let deletion = events(&store, 8, 1).await.expect("a new event");
    let ids = vec![ids[1]];
    let missing = vec![];
    assert_eq!(deletion[0].kind, EventKind::Deleted { ids, missing });
    assert_eq!(events(&store, 0, 1_000).await, None);
    assert_eq!(events(&store, 7, 2).await.map(|page| page.len()), Some(2));
}

#[tokio::test]
async fn purge_beside_other_purge_skips_its_rows() {
    let (database, platform) = with_world(&town(vec![])).await;
    let store = store(&database).await;
    let id = create(&store, 1, "first").await.id;
    for nth in 0..10 {
        edit(&store, 1, id, &nth.to_string()).await;
    }
    let mut other = platform.pool().begin().await.expect("a transaction");
    let locked = "SELECT FROM events WHERE seq IN (2, 3, 7) FOR UPDATE";
    let locked = sqlx::query(locked).execute(&mut *other).await;
    assert_eq!(locked.expect("the rows").rows_affected(), 3);
    for expected in [4, 3, 0] {
        let purged = store.purge(Duration::ZERO, 4).await;
        assert_eq!(purged.expect("no wait for the other purge"), expected);
    }
    other.rollback().await.expect("the end of the locks");
    // The texts of 1, 2 and 6 are with the events that were locked.
    for seq in 1..=11 {
        let readable = events(&store, seq - 1, 1).await.is_some();
        assert_eq!(readable, [1, 2, 6, 11].contains(&seq), "event {seq}");
    }
    let purged = store.purge(Duration::ZERO, 4).await;
    assert_eq!(purged.expect("a database"), 3);
    let left = "SELECT count(*) FROM events WHERE replaced IS NOT NULL";
    let left: i64 = sqlx::query_scalar(left)
        .fetch_one(platform.pool())
        .await
        .expect("a number");
    assert_eq!(left, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn times_at_two_processes_never_go_back() {
    let (database, platform) = with_world(&town(vec![])).await;
    let stores = [
        Arc::new(store(&database).await),
        Arc::new(store(&database).await),
    ];
    let mut writers = JoinSet::new();
    for store in &stores {
        for author in 1..=4 {
            let store = store.clone();
            writers.spawn(async move {
                let mut commits = Vec::new();
                for _ in 0..20 {
                    let created = create(&store, author, "hello").await;
                    commits.push(created.commit);
                    commits.push(edit(&store, author, created.id, "edited").await);
                    commits.push(delete(&store, &[created.id]).await);
                }
                commits
            });
        }
    }
    let mut commits: Vec<_> = writers.join_all().await.into_iter().flatten().collect();
    commits.sort_by_key(|commit| commit.seq);
    let read = events(&stores[0], 0, 1_000).await.expect("all of them");
    let read: Vec<_> = read.iter().map(|event| (event.seq, event.at)).collect();
    let reported: Vec<_> = commits
        .iter()
        .map(|commit| (commit.seq, commit.at))
        .collect();
    assert_eq!(read, reported);
    assert_eq!(read.len(), 480);
    // The database has more digits than the milliseconds of a time.
    let back = "SELECT count(*) FROM (
            SELECT at < lag(at) OVER (ORDER BY seq) AS back FROM (
                SELECT seq, created_at AS at FROM messages WHERE room_id = 21
                UNION ALL SELECT seq, at FROM events WHERE room_id = 21
            ) all_events
        ) steps WHERE back";
    let back: i64 = sqlx::query_scalar(back)
        .fetch_one(platform.pool())
        .await
        .expect("a number");
    assert_eq!(back, 0);
}

#[tokio::test]
async fn clock_set_back_leaves_times_in_order() {
    let (database, platform) = with_world(&town(vec![])).await;
    let store = store(&database).await;
    let before = create(&store, 1, "before").await;
    // As if the last event had been when the clock was an hour ahead.
    let ahead = "UPDATE rooms SET last_at = last_at + interval '1 hour'";
    let ahead = sqlx::query(ahead).execute(platform.pool()).await;
    ahead.expect("the change");
    let mut times = vec![before.commit.at];
    times.push(create(&store, 1, "after").await.commit.at);
    times.push(edit(&store, 1, before.id, "edited").await.at);
    let world = town(vec![message(Some(900), 21, 1, 1, "imported")]);
    import_into(&database, &world).await.expect("an import");
    let world = town(vec![message(Some(900), 21, 1, 1, "imported again")]);
    import_into(&database, &world).await.expect("an import");
    times.push(events(&store, 4, 1).await.expect("an event")[0].at);
    times.push(delete(&store, &[before.id]).await.at);
    // Several at once share a statement.
    let creates = (0..5).map(|_| create(&store, 1, "many"));
    for created in futures_util::future::join_all(creates).await {
        times.push(created.commit.at);
    }
    assert!(times.is_sorted(), "{times:?}");
    assert!(times[1].unix_seconds() >= times[0].unix_seconds() + 3_600);
}

#[tokio::test]
async fn imported_edit_is_event_of_author() {
    let (database, _platform) = with_world(&town(vec![message(Some(7), 21, 2, 1, "first")])).await;
    let store = store(&database).await;
    for (seq, says) in [(2, "second"), (3, "third")] {
        let world = town(vec![message(Some(7), 21, 2, 1, says)]);
        let imported = import_into(&database, &world).await.expect("an import");
        assert_eq!(imported.messages, 1);
        let page = events(&store, 0, 9).await.expect("all of them");
        let texts: Vec<_> = page.iter().filter_map(given).collect();
        let expected = ["first", "second", "third"].map(|text| (MessageId(7), text));
        assert_eq!(texts, expected[..seq]);
        let event = &page[seq - 1];
        assert_eq!(
            (event.by, event.request_id.clone()),
            (UserId(2), NO_REQUEST)
        );
    }
}

/// The epoch of the room, as every read of it shows.
async fn epoch(store: &Postgres) -> Option<Epoch> {
    let room = store.room(ROOM, Read::Fresh).await.expect("a database");
    let head = store.head(ROOM).await.expect("a database");
    let epoch = room.map(|room| room.epoch);
    assert_eq!(head.map(|head| head.epoch), epoch);
    epoch
}

#[tokio::test]
async fn remade_room_has_another_epoch_everywhere() {
    let (database, platform) = with_world(&town(vec![])).await;
    let stores = [store(&database).await, store(&database).await];
    let mut seen: Vec<Epoch> = Vec::new();
    for _ in 0..3 {
        let now = epoch(&stores[0]).await.expect("the room");
        assert_eq!(epoch(&stores[1]).await, Some(now));
        assert!(
            seen.iter()
                .all(|old| old.room != now.room && old.store == now.store)
        );
        seen.push(now);
        for store in &stores {
            let created = create(store, 1, "hello").await;
            assert_eq!(created.commit.epoch, now);
            assert_eq!(edit(store, 1, created.id, "edited").await.epoch, now);
            assert_eq!(delete(store, &[created.id]).await.epoch, now);
            let creates = (0..5).map(|_| create(store, 1, "many"));
            for created in futures_util::future::join_all(creates).await {
                assert_eq!(created.commit.epoch, now);
            }
        }
        for change in [
            "DELETE FROM rooms WHERE id = 21",
            "INSERT INTO rooms (id) VALUES (21)",
        ] {
            let changed = sqlx::query(AssertSqlSafe(change)).execute(platform.pool());
            changed.await.expect("the change");
            let left = "SELECT count(*) FROM events WHERE room_id = 21";
            let left: i64 = sqlx::query_scalar(left)
                .fetch_one(platform.pool())
                .await
                .expect("a number");
            assert_eq!(left, 0);
        }
    }
    let (elsewhere, _) = with_world(&town(vec![])).await;
    let elsewhere = epoch(&store(&elsewhere).await).await.expect("the room");
    assert_ne!(elsewhere.store, seen[0].store);
}
