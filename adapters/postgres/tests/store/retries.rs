//! Messages that are sent again, to one process or to several.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    unreachable_pub,
    reason = "all of this is tests"
)]

mod common;

use std::sync::Arc;

use aftermatch_ports::{
    Created, Creation, Messages, Unavailable, Written,
    model::{Message, MessageId, RoomId, Seq, rules::Whose},
};
use aftermatch_postgres::Postgres;
use common::{at, bring, draft, guard, holding, message, store, text, town};
use tokio::task::JoinSet;

/// Sends a message of user 1 in room 21.
async fn send(store: &Postgres, says: &str, name: Option<&str>) -> Creation {
    let guard = guard(store, 21, 1).await;
    let written = store.create(guard, draft(says, name), at(1)).await;
    done(written)
}

fn done(written: Result<Written<Creation>, Unavailable>) -> Creation {
    match written.expect("an answer") {
        Written::Done(creation) => creation,
        Written::Stale => panic!("nothing has changed"),
    }
}

fn created(creation: Creation) -> Created {
    match creation {
        Creation::Created(created) => created,
        other => panic!("{other:?}"),
    }
}

fn repeated(creation: Creation) -> Message {
    match creation {
        Creation::Repeated(message) => *message,
        other => panic!("{other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_sent_again_and_again_to_two_processes_is_kept_once() {
    let (database, _platform) = holding(&town(vec![])).await;
    let stores = [
        Arc::new(store(&database).await),
        Arc::new(store(&database).await),
    ];
    for round in 1..=5 {
        let name = format!("name-{round}");
        let mut sending = JoinSet::new();
        for nth in 0..50 {
            let (store, name) = (stores[nth % 2].clone(), name.clone());
            sending.spawn(async move { send(&store, "hello", Some(&name)).await });
        }
        let (mut kept, mut again) = (Vec::new(), Vec::new());
        for creation in sending.join_all().await {
            match creation {
                Creation::Created(created) => kept.push(created),
                other => again.push(repeated(other)),
            }
        }
        assert_eq!((kept.len(), again.len()), (1, 49));
        assert_eq!(kept[0].seq, Seq(round));
        assert!(again.iter().all(|message| message.id == kept[0].id));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn messages_with_and_without_names_go_together() {
    let (database, _platform) = holding(&town(vec![])).await;
    let store = Arc::new(store(&database).await);
    let mut sending = JoinSet::new();
    for nth in 0..300 {
        let store = store.clone();
        sending.spawn(async move {
            // Every name comes twice, the second time with another text.
            let (says, name) = match nth % 3 {
                0 => ("hello", None),
                one => (
                    ["hello", "other"][one - 1],
                    Some(format!("name-{}", nth / 3)),
                ),
            };
            send(&store, says, name.as_deref()).await
        });
    }
    let (mut seqs, mut taken) = (Vec::new(), 0);
    for creation in sending.join_all().await {
        match creation {
            Creation::Created(created) => seqs.push(created.seq.0),
            Creation::Taken => taken += 1,
            Creation::Repeated(message) => panic!("{message:?}"),
        }
    }
    seqs.sort_unstable();
    assert_eq!(taken, 100);
    assert!(seqs.iter().copied().eq(1..=200), "{seqs:?}");
}

/// Another process has kept the message, and nobody sees it yet.
#[tokio::test]
async fn what_another_process_keeps_at_that_very_moment_is_repeated() {
    let (database, platform) = holding(&town(vec![])).await;
    let store = store(&database).await;
    for (nth, others) in [(0_i64, false), (1, true)] {
        let name = format!("name-{nth}");
        let mut transaction = platform.pool().begin().await.expect("a transaction");
        let insert = "INSERT INTO messages
            (room_id, user_id, text, created_at, seq, changed_seq, client_msg_id)
            VALUES (21, 1, 'hello', now(), $1, $1, $2) RETURNING id";
        let id: i64 = sqlx::query_scalar(insert)
            .bind(1_000 + nth)
            .bind(&name)
            .fetch_one(&mut *transaction)
            .await
            .expect("a message");
        let before = store.last_seq(RoomId(21)).await.expect("a database").0;
        let commit = async {
            let waiting =
                "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock'
                AND datname = current_database())";
            let waiting = || sqlx::query_scalar::<_, bool>(waiting).fetch_one(platform.pool());
            while !waiting().await.expect("an answer") {}
            transaction.commit().await.expect("the end");
        };
        if others {
            // The first writes alone; the others wait, and are then written together.
            let guard = guard(&store, 21, 1).await;
            let send = |says, name| store.create(guard, draft(says, Some(name)), at(1));
            let (first, again, other, ()) = tokio::join!(
                send("first", "first"),
                send("hello", &name),
                send("other", "other"),
                commit
            );
            assert_eq!(created(done(first)).seq, Seq(before + 1));
            assert_eq!(repeated(done(again)).id, MessageId(id));
            assert_eq!(created(done(other)).seq, Seq(before + 2));
        } else {
            let (again, ()) = tokio::join!(send(&store, "hello", Some(&name)), commit);
            assert_eq!(repeated(again).id, MessageId(id));
            let after = store.last_seq(RoomId(21)).await.expect("a database");
            assert_eq!(after, Seq(before));
        }
    }
}

#[tokio::test]
async fn nothing_of_its_text_is_left_of_a_deleted_message() {
    let (database, platform) = holding(&town(vec![])).await;
    let store = store(&database).await;
    let sent = created(send(&store, "secret", Some("name")).await);
    let now = guard(&store, 21, 1).await;
    let edited = store.edit(now, sent.id, text("edited"), at(2)).await;
    assert!(matches!(edited, Ok(Written::Done(Some(_)))), "{edited:?}");
    let deleted = store
        .delete(now, vec![sent.id], Whose::Anyones, at(3))
        .await;
    assert!(matches!(deleted, Ok(Written::Done(Some(_)))), "{deleted:?}");
    let left = "SELECT text IS NULL AND sent_sha256 IS NULL FROM messages WHERE id = $1";
    let nothing: bool = sqlx::query_scalar(left)
        .bind(sent.id.0)
        .fetch_one(platform.pool())
        .await
        .expect("the mark of the message");
    assert!(nothing);
    assert_eq!(send(&store, "secret", Some("name")).await, Creation::Taken);
}

#[tokio::test]
async fn a_message_that_an_import_changed_is_still_known_by_what_it_said_first() {
    let (database, _platform) = holding(&town(vec![])).await;
    let store = store(&database).await;
    let sent = created(send(&store, "first", Some("name")).await);
    for says in ["second", "third"] {
        let world = town(vec![message(Some(sent.id.0), 21, 1, 1, says)]);
        assert_eq!(
            bring(&database, &world).await.expect("an import").messages,
            1
        );
        let now = repeated(send(&store, "first", Some("name")).await);
        assert_eq!((now.id, now.text.as_str()), (sent.id, says));
        assert_eq!(send(&store, says, Some("name")).await, Creation::Taken);
    }
}
