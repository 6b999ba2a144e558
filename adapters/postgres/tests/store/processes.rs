//! Several processes, and the platform, on one database.

use std::{
    collections::HashSet,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::Poll,
};

use crate::support::{
    NO_REQUEST, draft, last_seq, message, precondition, store, text, town, with_world,
};
use aftermatch_ports::{
    CreateOne, CreateOutcome, Messages, Outcome, People, Precondition, Read, ReadPositions, Rooms,
    StoreError,
    model::{MessageId, RoomId, Seq, UserId, access::DeleteScope},
};
use aftermatch_postgres::Postgres;
use aftermatch_testdb::Platform;
use tokio::task::JoinSet;

const ROOMS: [i64; 3] = [21, 22, 23];
const AUTHORS: [i64; 4] = [1, 2, 3, 4];
const ROUNDS: usize = 10;

/// A write.
#[derive(Debug, Clone, Copy)]
enum Write {
    Create,
    Edit(MessageId),
    Delete(MessageId),
}

/// The number of the event, and its message.
type Made = (Seq, MessageId);

async fn attempt(
    store: &Postgres,
    precondition: Precondition,
    write: Write,
) -> Result<Outcome<Made>, StoreError> {
    let made = match write {
        Write::Create => {
            let written = store.create_one(precondition, draft("hello", None)).await?;
            written_as(written, |outcome| match outcome {
                CreateOutcome::Created(created) => (created.commit.seq, created.id),
                other => panic!("{other:?}"),
            })
        }
        Write::Edit(id) => {
            let written = store
                .edit(precondition, id, text("edited"), NO_REQUEST)
                .await?;
            written_as(written, |commit| (commit.expect("an own message").seq, id))
        }
        Write::Delete(id) => {
            let written = store
                .delete(
                    precondition,
                    vec![id],
                    DeleteScope::OwnedBy(precondition.user),
                    None,
                    NO_REQUEST,
                )
                .await?;
            written_as(written, |deleted| {
                (deleted.expect("an own message").commit.seq, id)
            })
        }
    };
    Ok(made)
}

fn written_as<T>(written: Outcome<T>, made: impl FnOnce(T) -> Made) -> Outcome<Made> {
    match written {
        Outcome::Committed(done) => Outcome::Committed(made(done)),
        Outcome::Conflict => Outcome::Conflict,
    }
}

/// Writes, and repeats after each conflict with the platform.
async fn insist(store: &Postgres, room: i64, author: i64, write: Write) -> Made {
    loop {
        let precondition = precondition(store, room, author).await;
        let written = attempt(store, precondition, write).await;
        match written.unwrap_or_else(|error| panic!("{write:?}: {error:?}")) {
            Outcome::Committed(made) => return made,
            Outcome::Conflict => {}
        }
    }
}

/// All authors write in all rooms, through both stores at the same time. Checks that
/// the events of each room are numbered without a gap.
async fn race(stores: &[Arc<Postgres>; 2], platform: &Platform) {
    let mut writers = JoinSet::new();
    for (nth, room) in ROOMS.into_iter().enumerate() {
        for author in AUTHORS {
            for store in stores.clone() {
                writers.spawn(async move {
                    let mut made = Vec::new();
                    for _ in 0..ROUNDS {
                        let edited = insist(&store, room, author, Write::Create).await;
                        let deleted = insist(&store, room, author, Write::Create).await;
                        made.extend([edited, deleted]);
                        made.push(insist(&store, room, author, Write::Edit(edited.1)).await);
                        made.push(insist(&store, room, author, Write::Delete(deleted.1)).await);
                    }
                    assert!(made.is_sorted_by_key(|(seq, _)| *seq), "{made:?}");
                    (nth, made)
                });
            }
        }
    }
    let mut made = [const { Vec::new() }; ROOMS.len()];
    while let Some(done) = writers.join_next().await {
        let (nth, mine) = done.expect("every write is answered");
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
async fn two_processes_number_events_without_gaps() {
    let (database, platform) = with_world(&town(vec![])).await;
    let stores = [
        Arc::new(store(&database).await),
        Arc::new(store(&database).await),
    ];
    race(&stores, &platform).await;
}

/// Transactions of the platform that lock in every order: users before brands (and
/// with them rooms), and brands before users.
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

/// The number of events in all rooms.
async fn events(platform: &Platform) -> i64 {
    let sum = sqlx::query_scalar("SELECT sum(last_seq)::bigint FROM rooms");
    sum.fetch_one(platform.pool()).await.expect("a number")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn platform_changes_during_writes_never_deadlock() {
    let (database, platform) = with_world(&town(vec![])).await;
    let stores = [
        Arc::new(store(&database).await),
        Arc::new(store(&database).await),
    ];
    let done = AtomicBool::new(false);
    let change = async {
        let mut transactions = 0;
        while !done.load(Ordering::Relaxed) {
            let statements = TRANSACTIONS[transactions % TRANSACTIONS.len()];
            let before = events(&platform).await;
            let mut transaction = platform.pool().begin().await.expect("a transaction");
            for statement in statements {
                let changed = sqlx::query(statement).execute(&mut *transaction).await;
                changed.unwrap_or_else(|error| panic!("{statement}: {error}"));
            }
            transaction.commit().await.expect("nothing in the way");
            transactions += 1;
            // If the platform changed everything all the time, no write could succeed.
            while !done.load(Ordering::Relaxed) && events(&platform).await < before + 4 {
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
async fn cached_rights_after_change_allow_no_write() {
    let (database, platform) = with_world(&town(vec![])).await;
    let stores = [store(&database).await, store(&database).await];
    let (room, user) = (RoomId(21), UserId(1));
    let cached = async |store: &Postgres| {
        let there = store.room(room, Read::Cached).await.expect("a database");
        let known = store.user(user, Read::Cached).await.expect("a database");
        let there = there.expect("the room");
        Precondition {
            room,
            room_revision: there.revision,
            room_epoch: there.epoch.room,
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
            let precondition = cached(store).await;
            let written = attempt(store, precondition, Write::Create)
                .await
                .expect("an answer");
            let Outcome::Committed((_, id)) = written else {
                panic!("stale before {change}");
            };
            messages.push(id);
        }
        let changed = sqlx::query(change).execute(platform.pool()).await;
        changed.expect("the change");
        for (store, id) in stores.iter().zip(messages) {
            let old = cached(store).await;
            for write in [Write::Create, Write::Edit(id), Write::Delete(id)] {
                let written = attempt(store, old, write).await.expect("an answer");
                assert_eq!(written, Outcome::Conflict, "{write:?} after {change}");
            }
            let now = cached(store).await;
            assert_eq!(
                now,
                precondition(store, room.0, user.0).await,
                "still cached: {change}"
            );
        }
    }
}

#[tokio::test]
async fn abandoned_creates_delay_nobody() {
    let (database, platform) = with_world(&town(vec![])).await;
    let store = Arc::new(store(&database).await);
    let precondition = precondition(&store, 21, 1).await;
    let create = || store.create_one(precondition, draft("hello", None));
    let mut transaction = platform.pool().begin().await.expect("a transaction");
    let lock = sqlx::query("LOCK TABLE messages IN ACCESS EXCLUSIVE MODE");
    lock.execute(&mut *transaction).await.expect("the lock");

    // The first waits for the lock, and the others for the first.
    let mut abandoned: Vec<_> = (0..20_000).map(|_| create()).collect();
    for write in &mut abandoned {
        let polled = std::future::poll_fn(|context| Poll::Ready(write.as_mut().poll(context)));
        assert!(polled.await.is_pending());
    }
    let waiting = create();
    let release = async {
        // The queue first, then the leader.
        abandoned.drain(1..);
        drop(abandoned);
        transaction.commit().await.expect("the end of the lock");
    };
    let (outcome, ()) = tokio::join!(waiting, release);
    let outcome = outcome.expect("an answer");
    assert!(matches!(outcome, Outcome::Committed(_)), "{outcome:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn first_read_of_locked_room_delays_nobody() {
    let (database, platform) = with_world(&town(vec![message(None, 21, 1, 1, "hello")])).await;
    let store = Arc::new(store(&database).await);
    let mut transaction = platform.pool().begin().await.expect("a transaction");
    let lock = sqlx::query("SELECT FROM rooms WHERE id = 21 FOR UPDATE");
    lock.execute(&mut *transaction).await.expect("the lock");

    let mut readers = JoinSet::new();
    // More than the connections of the pool.
    for _ in 0..20 {
        let store = store.clone();
        readers.spawn(async move { store.mark_read(RoomId(21), UserId(2), Seq(1), true).await });
    }
    for _ in 0..50 {
        assert_eq!(last_seq(&store, 21).await, Seq(1));
    }
    assert!(readers.try_join_next().is_none(), "the room is locked");
    transaction.commit().await.expect("the end of the lock");
    for read in readers.join_all().await {
        assert_eq!(read.expect("an answer").seq, Seq(1));
    }
}
