//! Messages that clients send again, to one process or to several.

use std::{sync::Arc, time::Duration};

use crate::support::{
    NO_REQUEST, draft, import_into, last_seq, message, precondition, store, text, town, with_world,
};
use aftermatch_ports::{
    CreateOne, CreateOutcome, Created, Log, Messages, Outcome, StoreError,
    model::{Message, MessageId, Seq, access::DeleteScope},
};
use aftermatch_postgres::Postgres;
use tokio::task::JoinSet;

/// Sends a message of user 1 in room 21.
async fn send(store: &Postgres, says: &str, client_msg_id: Option<&str>) -> CreateOutcome {
    let precondition = precondition(store, 21, 1).await;
    let written = store
        .create_one(precondition, draft(says, client_msg_id))
        .await;
    done(written)
}

fn done(written: Result<Outcome<CreateOutcome>, StoreError>) -> CreateOutcome {
    match written.expect("an answer") {
        Outcome::Committed(outcome) => outcome,
        Outcome::Conflict => panic!("nothing has changed"),
    }
}

fn created(outcome: CreateOutcome) -> Created {
    match outcome {
        CreateOutcome::Created(created) => created,
        other => panic!("{other:?}"),
    }
}

fn duplicate(outcome: CreateOutcome) -> Message {
    match outcome {
        CreateOutcome::Duplicate(message) => *message,
        other => panic!("{other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn repeated_create_at_two_processes_inserts_once() {
    let (database, _platform) = with_world(&town(vec![])).await;
    let stores = [
        Arc::new(store(&database).await),
        Arc::new(store(&database).await),
    ];
    for round in 1..=5 {
        let id = format!("id-{round}");
        let mut sending = JoinSet::new();
        for nth in 0..50 {
            let (store, id) = (stores[nth % 2].clone(), id.clone());
            sending.spawn(async move { send(&store, "hello", Some(&id)).await });
        }
        let (mut inserted, mut duplicates) = (Vec::new(), Vec::new());
        for outcome in sending.join_all().await {
            match outcome {
                CreateOutcome::Created(created) => inserted.push(created),
                other => duplicates.push(duplicate(other)),
            }
        }
        assert_eq!((inserted.len(), duplicates.len()), (1, 49));
        assert_eq!(inserted[0].commit.seq, Seq(round));
        assert!(
            duplicates
                .iter()
                .all(|message| message.id == inserted[0].id)
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn batch_with_and_without_ids_is_numbered() {
    let (database, _platform) = with_world(&town(vec![])).await;
    let store = Arc::new(store(&database).await);
    let mut sending = JoinSet::new();
    for nth in 0..300 {
        let store = store.clone();
        sending.spawn(async move {
            // Every id comes twice, the second time with another text.
            let (says, id) = match nth % 3 {
                0 => ("hello", None),
                one => (["hello", "other"][one - 1], Some(format!("id-{}", nth / 3))),
            };
            send(&store, says, id.as_deref()).await
        });
    }
    let (mut seqs, mut conflicts) = (Vec::new(), 0);
    for outcome in sending.join_all().await {
        match outcome {
            CreateOutcome::Created(created) => seqs.push(created.commit.seq.0),
            CreateOutcome::IdConflict => conflicts += 1,
            CreateOutcome::Duplicate(message) => panic!("{message:?}"),
        }
    }
    seqs.sort_unstable();
    assert_eq!(conflicts, 100);
    assert!(seqs.iter().copied().eq(1..=200), "{seqs:?}");
}

/// Another process has inserted the message, and has not committed yet.
#[tokio::test]
async fn create_during_other_commit_returns_duplicate() {
    let (database, platform) = with_world(&town(vec![])).await;
    let store = store(&database).await;
    for (nth, others) in [(0_i64, false), (1, true)] {
        let client_msg_id = format!("id-{nth}");
        let mut transaction = platform.pool().begin().await.expect("a transaction");
        let insert = "INSERT INTO messages
            (room_id, user_id, text, created_at, seq, changed_seq, client_msg_id)
            VALUES (21, 1, 'hello', now(), $1, $1, $2) RETURNING id";
        let id: i64 = sqlx::query_scalar(insert)
            .bind(1_000 + nth)
            .bind(&client_msg_id)
            .fetch_one(&mut *transaction)
            .await
            .expect("a message");
        let before = last_seq(&store, 21).await.0;
        let commit = async {
            let waiting =
                "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock'
                AND datname = current_database())";
            let waiting = || sqlx::query_scalar::<_, bool>(waiting).fetch_one(platform.pool());
            while !waiting().await.expect("an answer") {}
            transaction.commit().await.expect("the end");
        };
        if others {
            // The first is inserted alone; the others wait, and are then inserted together.
            let precondition = precondition(&store, 21, 1).await;
            let send = |says, id| store.create_one(precondition, draft(says, Some(id)));
            let (first, again, other, ()) = tokio::join!(
                send("first", "first"),
                send("hello", &client_msg_id),
                send("other", "other"),
                commit
            );
            assert_eq!(created(done(first)).commit.seq, Seq(before + 1));
            assert_eq!(duplicate(done(again)).id, MessageId(id));
            assert_eq!(created(done(other)).commit.seq, Seq(before + 2));
        } else {
            let (again, ()) = tokio::join!(send(&store, "hello", Some(&client_msg_id)), commit);
            assert_eq!(duplicate(again).id, MessageId(id));
            assert_eq!(last_seq(&store, 21).await, Seq(before));
        }
    }
}

#[tokio::test]
async fn deleted_message_leaves_no_text() {
    let (database, platform) = with_world(&town(vec![])).await;
    let store = store(&database).await;
    let sent = created(send(&store, "secret", Some("id")).await);
    let now = precondition(&store, 21, 1).await;
    let edited = store.edit(now, sent.id, text("edited"), NO_REQUEST).await;
    assert!(
        matches!(edited, Ok(Outcome::Committed(Some(_)))),
        "{edited:?}"
    );
    let deleted = store
        .delete(now, vec![sent.id], DeleteScope::Any, None, NO_REQUEST)
        .await;
    assert!(
        matches!(deleted, Ok(Outcome::Committed(Some(_)))),
        "{deleted:?}"
    );
    let left = "SELECT text IS NULL AND sent_sha256 IS NULL FROM messages WHERE id = $1";
    let nothing: bool = sqlx::query_scalar(left)
        .bind(sent.id.0)
        .fetch_one(platform.pool())
        .await
        .expect("the deleted message");
    assert!(nothing);
    // The log has the texts until they are purged.
    let purged = store.purge(Duration::ZERO, 9).await;
    assert_eq!(purged.expect("a database"), 2);
    let left = "SELECT count(*) FROM events e WHERE replaced IS NOT NULL OR e::text ~ 'secret'";
    let left: i64 = sqlx::query_scalar(left)
        .fetch_one(platform.pool())
        .await
        .expect("a number");
    assert_eq!(left, 0);
    assert_eq!(
        send(&store, "secret", Some("id")).await,
        CreateOutcome::IdConflict
    );
}

#[tokio::test]
async fn imported_edit_keeps_first_text_for_repeats() {
    let (database, _platform) = with_world(&town(vec![])).await;
    let store = store(&database).await;
    let sent = created(send(&store, "first", Some("id")).await);
    for says in ["second", "third"] {
        let world = town(vec![message(Some(sent.id.0), 21, 1, 1, says)]);
        assert_eq!(
            import_into(&database, &world)
                .await
                .expect("an import")
                .messages,
            1
        );
        let now = duplicate(send(&store, "first", Some("id")).await);
        assert_eq!((now.id, now.text.as_str()), (sent.id, says));
        assert_eq!(
            send(&store, says, Some("id")).await,
            CreateOutcome::IdConflict
        );
    }
}
