//! What only a shared store has: several processes at once.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    unreachable_pub,
    reason = "all of this is tests"
)]

mod common;

use std::{
    collections::HashSet,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::Poll,
};

use aftermatch_ports::{
    Creation, Guard, Messages, People, Read, Rooms, Unavailable, Written,
    model::{MessageId, RoomId, Seq, UserId, rules::Whose},
};
use aftermatch_postgres::Postgres;
use aftermatch_testdb::Platform;
use common::{at, draft, guard, holding, message, store, text, town};
use tokio::task::JoinSet;

const ROOMS: [i64; 3] = [21, 22, 23];
const AUTHORS: [i64; 4] = [1, 2, 3, 4];
const ROUNDS: usize = 10;

/// A change of a room, of whatever kind.
#[derive(Debug, Clone, Copy)]
enum Change {
    Create,
    Edit(MessageId),
    Delete(MessageId),
}

/// The number of the change, and the message it was made to.
type Made = (Seq, MessageId);

async fn attempt(
    store: &Postgres,
    guard: Guard,
    change: Change,
) -> Result<Written<Made>, Unavailable> {
    let made = match change {
        Change::Create => {
            let written = store.create(guard, draft("hello", None), at(1)).await?;
            written_as(written, |creation| match creation {
                Creation::Created(created) => (created.seq, created.id),
                other => panic!("{other:?}"),
            })
        }
        Change::Edit(id) => {
            let written = store.edit(guard, id, text("edited"), at(2)).await?;
            written_as(written, |seq| (seq.expect("a message of one's own"), id))
        }
        Change::Delete(id) => {
            let written = store
                .delete(guard, vec![id], Whose::Of(guard.user), at(3))
                .await?;
            written_as(written, |deleted| {
                (deleted.expect("a message of one's own").seq, id)
            })
        }
    };
    Ok(made)
}

fn written_as<T>(written: Written<T>, made: impl FnOnce(T) -> Made) -> Written<Made> {
    match written {
        Written::Done(done) => Written::Done(made(done)),
        Written::Stale => Written::Stale,
    }
}

/// Makes a change, however often the platform overtakes it.
async fn insist(store: &Postgres, room: i64, author: i64, change: Change) -> Made {
    loop {
        let guard = guard(store, room, author).await;
        let written = attempt(store, guard, change).await;
        match written.unwrap_or_else(|error| panic!("{change:?}: {:?}", error)) {
            Written::Done(made) => return made,
            Written::Stale => {}
        }
    }
}

/// Lets all authors make changes in all rooms, through both stores at once. Checks
/// that the changes of each room are numbered without a gap.
async fn race(stores: &[Arc<Postgres>; 2], platform: &Platform) {
    let mut writers = JoinSet::new();
    for (nth, room) in ROOMS.into_iter().enumerate() {
        for author in AUTHORS {
            for store in stores.clone() {
                writers.spawn(async move {
                    let mut made = Vec::new();
                    for _ in 0..ROUNDS {
                        let kept = insist(&store, room, author, Change::Create).await;
                        let gone = insist(&store, room, author, Change::Create).await;
                        made.extend([kept, gone]);
                        made.push(insist(&store, room, author, Change::Edit(kept.1)).await);
                        made.push(insist(&store, room, author, Change::Delete(gone.1)).await);
                    }
                    assert!(made.is_sorted_by_key(|(seq, _)| *seq), "{made:?}");
                    (nth, made)
                });
            }
        }
    }
    let mut made = [const { Vec::new() }; ROOMS.len()];
    while let Some(done) = writers.join_next().await {
        let (nth, mine) = done.expect("every change is answered");
        made[nth].extend(mine);
    }
    let mut ids = HashSet::new();
    for (room, made) in ROOMS.into_iter().zip(made) {
        let mut seqs: Vec<_> = made.iter().map(|(seq, _)| seq.0).collect();
        seqs.sort_unstable();
        let last = "SELECT last_seq FROM rooms WHERE id = $1";
        let last = sqlx::query_scalar::<_, i64>(last)
            .bind(room)
            .fetch_one(platform.pool());
        let last = last.await.expect("the room");
        assert_eq!(seqs.len(), AUTHORS.len() * 2 * ROUNDS * 4);
        assert!(
            seqs.iter().copied().eq(1..=last),
            "room {room}, last {last}: {seqs:?}"
        );
        ids.extend(made.iter().map(|(_, id)| id.0));
    }
    assert_eq!(
        ids.len(),
        ROOMS.len() * AUTHORS.len() * 2 * ROUNDS * 2,
        "an id twice"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_processes_number_the_changes_of_a_room_without_a_gap() {
    let (database, platform) = holding(&town(vec![])).await;
    let stores = [
        Arc::new(store(&database).await),
        Arc::new(store(&database).await),
    ];
    race(&stores, &platform).await;
}

/// In one transaction each, whatever order the platform takes: users first and
/// brands (and with them rooms) later, and the other way round.
const TRANSACTIONS: [[&str; 2]; 4] = [
    [
        "UPDATE users SET admin = NOT admin WHERE id = 1",
        "UPDATE brands SET tariff = 'business' WHERE id = 12",
    ],
    [
        "UPDATE brands SET tariff = 'light' WHERE id = 12",
        "UPDATE users SET admin = NOT admin WHERE id = 2",
    ],
    [
        "UPDATE participants SET position = 1 - position WHERE room_id = 22",
        "UPDATE users SET admin = NOT admin",
    ],
    [
        "UPDATE rooms SET revision = nextval('revisions')",
        "UPDATE brands SET user_id = CASE user_id WHEN 3 THEN 4 ELSE 3 END WHERE id = 13",
    ],
];

/// How many changes were made in all rooms together.
async fn changes(platform: &Platform) -> i64 {
    let sum = sqlx::query_scalar("SELECT sum(last_seq)::bigint FROM rooms");
    sum.fetch_one(platform.pool()).await.expect("a number")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_platform_changes_meanwhile_locks_nobody_out() {
    let (database, platform) = holding(&town(vec![])).await;
    let stores = [
        Arc::new(store(&database).await),
        Arc::new(store(&database).await),
    ];
    let done = AtomicBool::new(false);
    let change = async {
        let mut transactions = 0;
        while !done.load(Ordering::Relaxed) {
            let statements = TRANSACTIONS[transactions % TRANSACTIONS.len()];
            let before = changes(&platform).await;
            let mut transaction = platform.pool().begin().await.expect("a transaction");
            for statement in statements {
                let changed = sqlx::query(statement).execute(&mut *transaction).await;
                changed.unwrap_or_else(|error| panic!("{statement}: {error}"));
            }
            transaction.commit().await.expect("nothing in the way");
            transactions += 1;
            // Nobody writes where the platform changes everything all the time.
            while !done.load(Ordering::Relaxed) && changes(&platform).await < before + 4 {
                tokio::task::yield_now().await;
            }
        }
        transactions
    };
    let race = async {
        race(&stores, &platform).await;
        done.store(true, Ordering::Relaxed);
    };
    let (transactions, ()) = tokio::join!(change, race);
    assert!(transactions > 0);
    let deadlocks = "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()";
    let deadlocks: i64 = sqlx::query_scalar(deadlocks)
        .fetch_one(platform.pool())
        .await
        .expect("a number");
    assert_eq!(deadlocks, 0);
}

#[tokio::test]
async fn what_a_process_remembers_lets_no_write_pass_that_is_no_longer_allowed() {
    let (database, platform) = holding(&town(vec![])).await;
    let stores = [store(&database).await, store(&database).await];
    let (room, user) = (RoomId(21), UserId(1));
    let remembered = async |store: &Postgres| {
        let there = store.room(room, Read::Cached).await.expect("a database");
        let known = store.user(user, Read::Cached).await.expect("a database");
        Guard {
            room,
            room_revision: there.expect("the room").revision,
            user,
            user_revision: known.expect("the user").revision,
        }
    };
    for change in [
        "UPDATE users SET active = NOT active WHERE id = 1",
        "UPDATE brands SET tariff = 'business' WHERE id = 12",
        "UPDATE brands SET user_id = 4 WHERE id = 11",
        "DELETE FROM participants WHERE room_id = 21 AND brand_id = 11",
        "INSERT INTO participants VALUES (21, 11, 9)",
    ] {
        let mut messages = Vec::new();
        for store in &stores {
            let guard = remembered(store).await;
            let written = attempt(store, guard, Change::Create)
                .await
                .expect("an answer");
            let Written::Done((_, id)) = written else {
                panic!("stale before {change}");
            };
            messages.push(id);
        }
        let changed = sqlx::query(change).execute(platform.pool()).await;
        changed.expect("the change");
        for (store, id) in stores.iter().zip(messages) {
            let old = remembered(store).await;
            for write in [Change::Create, Change::Edit(id), Change::Delete(id)] {
                let written = attempt(store, old, write).await.expect("an answer");
                assert_eq!(written, Written::Stale, "{write:?} behind {change}");
            }
            let now = remembered(store).await;
            assert_eq!(
                now,
                guard(store, room.0, user.0).await,
                "still remembered: {change}"
            );
        }
    }
}

#[tokio::test]
async fn whoever_gives_up_a_write_holds_up_nobody() {
    let (database, platform) = holding(&town(vec![])).await;
    let store = Arc::new(store(&database).await);
    let guard = guard(&store, 21, 1).await;
    let create = || store.create(guard, draft("hello", None), at(1));
    let mut transaction = platform.pool().begin().await.expect("a transaction");
    let lock = sqlx::query("LOCK TABLE messages IN ACCESS EXCLUSIVE MODE");
    lock.execute(&mut *transaction).await.expect("the lock");

    // The first is held up by the lock, and the others by the first.
    let mut given_up: Vec<_> = (0..20_000).map(|_| create()).collect();
    for write in &mut given_up {
        let polled = std::future::poll_fn(|context| Poll::Ready(write.as_mut().poll(context)));
        assert!(polled.await.is_pending());
    }
    let patient = create();
    let release = async {
        // All but the first, and then that one.
        given_up.drain(1..);
        drop(given_up);
        transaction.commit().await.expect("the end of the lock");
    };
    let (kept, ()) = tokio::join!(patient, release);
    let kept = kept.expect("an answer");
    assert!(matches!(kept, Written::Done(_)), "{kept:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_reads_a_locked_room_for_the_first_time_holds_up_nobody() {
    let (database, platform) = holding(&town(vec![message(None, 21, 1, 1, "hello")])).await;
    let store = Arc::new(store(&database).await);
    let mut transaction = platform.pool().begin().await.expect("a transaction");
    let lock = sqlx::query("SELECT FROM rooms WHERE id = 21 FOR UPDATE");
    lock.execute(&mut *transaction).await.expect("the lock");

    let mut readers = JoinSet::new();
    // More than there are connections.
    for _ in 0..20 {
        let store = store.clone();
        readers.spawn(async move { store.mark_read(RoomId(21), UserId(2), Seq(1)).await });
    }
    for _ in 0..50 {
        let last = store.last_seq(RoomId(21)).await;
        assert_eq!(last.expect("an answer"), Seq(1));
    }
    assert!(readers.try_join_next().is_none(), "the room is locked");
    transaction.commit().await.expect("the end of the lock");
    for read in readers.join_all().await {
        assert_eq!(read.expect("an answer"), Seq(1));
    }
}
