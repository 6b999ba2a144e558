//! Messages that are written at the same time, and so go into one statement.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    unreachable_pub,
    reason = "all of this is tests"
)]

mod common;

use std::{collections::HashMap, sync::Arc};

use aftermatch_ports::{
    Created, Creation, Guard, Messages, Stretch, Written,
    model::{RoomId, Seq},
};
use aftermatch_postgres::Postgres;
use common::{at, draft, guard, holding, store, town};
use tokio::task::JoinSet;

const ROOMS: [i64; 3] = [23, 21, 22];
const AUTHORS: [i64; 4] = [2, 4, 1, 3];

/// The guards of all authors in all rooms, as they are now.
async fn guards(store: &Postgres) -> Vec<Guard> {
    let mut guards = Vec::new();
    for room in ROOMS {
        for author in AUTHORS {
            guards.push(guard(store, room, author).await);
        }
    }
    guards
}

/// Which of the texts have a name.
fn is_named(nth: usize) -> bool {
    nth.is_multiple_of(3)
}

/// Sends the texts "0", "1" and so on, one for each guard, all at once: the first
/// is written alone, the others wait and are then written together.
fn send(store: &Arc<Postgres>, guards: &[Guard]) -> JoinSet<(usize, Written<Creation>)> {
    let mut sending = JoinSet::new();
    for (nth, guard) in guards.iter().copied().enumerate() {
        let store = store.clone();
        sending.spawn(async move {
            let name = is_named(nth).then(|| nth.to_string());
            let draft = draft(&nth.to_string(), name.as_deref());
            let written = store.create(guard, draft, at(nth.try_into().expect("few")));
            (nth, written.await.expect("an answer"))
        });
    }
    sending
}

fn created(written: &Written<Creation>) -> Created {
    match written {
        Written::Done(Creation::Created(created)) => *created,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn each_of_many_is_answered_with_what_is_kept_of_it() {
    let (database, _platform) = holding(&town(vec![])).await;
    let store = Arc::new(store(&database).await);
    let guards: Vec<_> = guards(&store).await.repeat(5);
    let mut answers: HashMap<_, _> = send(&store, &guards).join_all().await.into_iter().collect();
    for room in ROOMS.map(RoomId) {
        let history = store.history(room, Stretch::Newest, 100).await;
        let messages = history.expect("a database").messages;
        assert_eq!(messages.len(), 20);
        for (seq, message) in (1..).map(Seq).zip(messages) {
            let nth: usize = message.text.as_str().parse().expect("a number");
            let answer = created(&answers.remove(&nth).expect("one message each"));
            assert_eq!((answer.id, answer.seq), (message.id, seq));
            let guard = guards[nth];
            assert_eq!((room, message.author.id), (guard.room, guard.user));
            assert_eq!(message.at, at(nth.try_into().expect("few")));
            let name = message.client_id.as_ref().map(|name| name.as_str());
            assert_eq!(name, is_named(nth).then_some(message.text.as_str()));
        }
    }
}

#[tokio::test]
async fn what_comes_again_is_found_among_what_is_new() {
    let (database, _platform) = holding(&town(vec![])).await;
    let store = Arc::new(store(&database).await);
    let guards = guards(&store).await;
    let first: HashMap<_, _> = send(&store, &guards).join_all().await.into_iter().collect();
    for (nth, again) in send(&store, &guards).join_all().await {
        let first = created(&first[&nth]);
        match again {
            Written::Done(Creation::Repeated(message)) if is_named(nth) => {
                assert_eq!((message.id, message.seq), (first.id, first.seq));
            }
            again => assert!(created(&again).seq > first.seq && !is_named(nth)),
        }
    }
}

#[tokio::test]
async fn what_is_refused_takes_nothing_from_its_neighbours() {
    for (change, rooms, users) in [
        (
            "UPDATE users SET admin = true WHERE id = 1",
            vec![],
            vec![1],
        ),
        (
            "DELETE FROM participants WHERE room_id = 21",
            vec![21],
            vec![],
        ),
    ] {
        let (database, platform) = holding(&town(vec![])).await;
        let store = Arc::new(store(&database).await);
        let guards = guards(&store).await;
        let change = sqlx::query(change).execute(platform.pool());
        change.await.expect("the change");
        for (nth, written) in send(&store, &guards).join_all().await {
            if rooms.contains(&guards[nth].room.0) || users.contains(&guards[nth].user.0) {
                assert_eq!(written, Written::Stale);
            } else {
                created(&written);
            }
        }
    }
}

#[tokio::test]
async fn a_room_that_is_held_up_holds_up_no_other() {
    let (database, platform) = holding(&town(vec![])).await;
    let store = Arc::new(store(&database).await);
    let guards = guards(&store).await;
    let mut transaction = platform.pool().begin().await.expect("a transaction");
    let lock = sqlx::query("SELECT FROM rooms WHERE id = 21 FOR UPDATE");
    lock.execute(&mut *transaction).await.expect("the lock");

    let mut sending = send(&store, &guards);
    let mut next = async || sending.join_next().await.expect("more").expect("an end");
    for _ in 0..8 {
        let (nth, written) = next().await;
        assert_ne!(guards[nth].room, RoomId(21));
        created(&written);
    }
    transaction.rollback().await.expect("the end of the lock");
    for _ in 8..12 {
        let (nth, written) = next().await;
        assert_eq!(guards[nth].room, RoomId(21));
        created(&written);
    }
    for room in ROOMS.map(RoomId) {
        let last = store.last_seq(room).await.expect("a database");
        assert_eq!(last, Seq(4));
    }
}
