//! Changes that a recheck could miss: triggers that did not run, and transactions that
//! commit late.

use std::time::Duration;

use crate::{
    changes::{Found, recheck, run},
    newcomers::settle,
    support::{message, store, town, with_world},
};
use aftermatch_ports::{
    Changes, Difference, Expected, Revisions,
    model::{BrandId, RoomId, UserId, Viewer},
};
use aftermatch_postgres::Postgres;
use aftermatch_testdb::Platform;
use sqlx::{PgTransaction, query};
use tokio::{task::JoinSet, time::sleep};

/// Changes of the platform that run no usual trigger, each on a new [`town`], and the
/// users and rooms that they change.
const SILENT: &[(&str, &[i64], &[i64])] = &[
    ("TRUNCATE participants", &[], &[21, 22, 23]),
    ("TRUNCATE users CASCADE", &[1, 2, 3, 4], &[21, 22, 23]),
    ("TRUNCATE rooms CASCADE", &[], &[21, 22, 23]),
    (
        "BEGIN; TRUNCATE brands CASCADE; COMMIT",
        &[1, 2, 3],
        &[21, 22, 23],
    ),
    (
        "SET session_replication_role = replica; DELETE FROM participants WHERE room_id = 21",
        &[],
        &[21],
    ),
    (
        "SET session_replication_role = replica; UPDATE users SET active = false WHERE id = 1",
        &[1],
        &[],
    ),
    (
        "SET session_replication_role = replica; UPDATE brands SET user_id = 4 WHERE id = 11",
        &[1],
        &[],
    ),
    (
        "SET session_replication_role = replica; DELETE FROM brands WHERE id = 11",
        &[1],
        &[21, 23],
    ),
    (
        "SET session_replication_role = replica; DELETE FROM rooms WHERE id = 21",
        &[],
        &[21],
    ),
    (
        "SET session_replication_role = replica; DELETE FROM users WHERE id = 4",
        &[4],
        &[],
    ),
    (
        "SET session_replication_role = replica; UPDATE users SET id = 9 WHERE id = 4",
        &[4, 9],
        &[],
    ),
    (
        "SET session_replication_role = replica; UPDATE rooms SET id = 29 WHERE id = 21",
        &[],
        &[21],
    ),
    (
        "SET session_replication_role = replica; UPDATE rooms SET frozen = true WHERE id = 21",
        &[],
        &[21],
    ),
    (
        "BEGIN; ALTER TABLE participants DISABLE TRIGGER ALL;
         DELETE FROM participants WHERE room_id = 21;
         ALTER TABLE participants ENABLE TRIGGER ALL; COMMIT",
        &[],
        &[21],
    ),
    (
        "BEGIN; ALTER TABLE participants DISABLE TRIGGER participants_move_revision;
         DELETE FROM participants WHERE room_id = 21;
         ALTER TABLE participants ENABLE ALWAYS TRIGGER participants_move_revision; COMMIT",
        &[],
        &[21],
    ),
    (
        "ALTER TABLE participants DISABLE TRIGGER ALL;
         DELETE FROM participants WHERE room_id = 21",
        &[],
        &[21],
    ),
    (
        "DROP TRIGGER users_remember_removed ON users; DELETE FROM users WHERE id = 4",
        &[4],
        &[],
    ),
];

/// All that [`town`] holds.
fn town_as_it_is() -> Expected {
    let rooms = [(21, [11, 12]), (22, [12, 13]), (23, [13, 11])];
    let owners = (1..=3).map(|id| (UserId(id), Viewer::Brand(BrandId(10 + id))));
    Expected {
        roles: owners.chain([(UserId(4), Viewer::Admin)]).collect(),
        rooms: rooms.iter().map(|(room, _)| RoomId(*room)).collect(),
        participants: rooms
            .into_iter()
            .flat_map(|(room, brands)| brands.map(|brand| (RoomId(room), BrandId(brand))))
            .collect(),
        logs: vec![],
    }
}

/// What two rechecks find; if that is not known, what is not as it was.
async fn two_rechecks(store: &Postgres) -> Found {
    let mut found = Found::default();
    for _ in 0..2 {
        let difference = match store.changes().await.expect("a recheck") {
            Changes::Known { users, rooms, .. } => Difference {
                users,
                rooms,
                ..Difference::default()
            },
            Changes::Unknown => store.compare(town_as_it_is()).await.expect("an answer"),
        };
        found.add(difference);
    }
    found
}

#[tokio::test]
async fn change_without_triggers_is_found_in_time() {
    for &(change, users, rooms) in SILENT {
        let (database, platform) = with_world(&town(vec![])).await;
        let store = store(&database).await;
        run(&platform, "UPDATE users SET admin = id = 4").await;
        settle(&store).await;
        let difference = store.compare(town_as_it_is()).await;
        assert_eq!(difference.expect("an answer"), Difference::default());
        run(&platform, change).await;
        let found = two_rechecks(&store).await;
        let missing = |of: &[i64], in_: &std::collections::BTreeSet<i64>| {
            of.iter().filter(|id| !in_.contains(id)).count()
        };
        assert_eq!(missing(users, &found.users), 0, "{change}: {found:?}");
        assert_eq!(missing(rooms, &found.rooms), 0, "{change}: {found:?}");
    }
}

#[tokio::test]
async fn rechecks_are_unknown_while_trigger_is_off() {
    let (database, platform) = with_world(&town(vec![])).await;
    let store = store(&database).await;
    settle(&store).await;
    run(
        &platform,
        "ALTER TABLE users DISABLE TRIGGER users_move_revision",
    )
    .await;
    for _ in 0..5 {
        assert_eq!(recheck(&store).await, None);
    }
    // Not in every session.
    run(
        &platform,
        "ALTER TABLE users ENABLE TRIGGER users_move_revision",
    )
    .await;
    for _ in 0..5 {
        assert_eq!(recheck(&store).await, None);
    }
    run(
        &platform,
        "ALTER TABLE users ENABLE ALWAYS TRIGGER users_move_revision",
    )
    .await;
    settle(&store).await;
}

async fn begin(platform: &Platform, change: &'static str) -> PgTransaction<'static> {
    let mut transaction = platform.pool().begin().await.expect("a transaction");
    execute(&mut transaction, change).await;
    transaction
}

async fn execute(transaction: &mut PgTransaction<'_>, change: &'static str) {
    let changed = query(change).execute(&mut **transaction).await;
    changed.unwrap_or_else(|error| panic!("{change}: {error}"));
}

/// Rechecks a few times, while others commit with higher numbers.
async fn recheck_meanwhile(store: &Postgres, platform: &Platform) -> Vec<Option<Found>> {
    let mut found = Vec::new();
    for _ in 0..4 {
        run(platform, "UPDATE users SET admin = NOT admin WHERE id = 4").await;
        found.push(recheck(store).await);
    }
    found
}

#[tokio::test]
async fn late_commit_with_low_numbers_is_found() {
    let (database, platform) = with_world(&town(vec![message(None, 21, 1, 1, "hello")])).await;
    let store = store(&database).await;
    settle(&store).await;
    let mut open = begin(&platform, "UPDATE users SET active = false WHERE id = 1").await;
    for statement in [
        "DELETE FROM rooms WHERE id = 23",
        "UPDATE rooms SET last_seq = 2 WHERE id = 21",
        "INSERT INTO messages (room_id, user_id, text, created_at, seq, changed_seq)
         VALUES (21, 1, 'new', now(), 2, 2)",
        "UPDATE rooms SET last_seq = 1 WHERE id = 22",
        "INSERT INTO events (room_id, seq, kind, user_id, at, message_ids, replaced_seqs)
         VALUES (22, 1, 'deleted', 1, now(), '{1}', '{1}')",
    ] {
        execute(&mut open, statement).await;
    }
    for found in recheck_meanwhile(&store, &platform).await {
        let found = found.expect("nothing is in doubt");
        // At each recheck only the newest change.
        assert_eq!(Vec::from_iter(found.users), [4]);
        assert!(found.rooms.is_empty() && found.logs.is_empty());
    }
    open.commit().await.expect("the end");
    let found = recheck(&store).await.expect("nothing is in doubt");
    assert_eq!(Vec::from_iter(found.users), [1]);
    assert_eq!(Vec::from_iter(found.rooms), [23]);
    assert_eq!(Vec::from_iter(found.logs), [(21, 2), (22, 1)]);
}

/// While nothing else commits, the upper end of a snapshot stays below both.
#[tokio::test]
async fn two_open_transactions_are_found_each() {
    let (database, platform) = with_world(&town(vec![])).await;
    let store = store(&database).await;
    for first_ends_first in [true, false] {
        settle(&store).await;
        let first = begin(&platform, "UPDATE users SET admin = NOT admin WHERE id = 1").await;
        let second = begin(&platform, "UPDATE users SET admin = NOT admin WHERE id = 2").await;
        let (ends, stays, expected) = if first_ends_first {
            (first, second, [1, 2])
        } else {
            (second, first, [2, 1])
        };
        let mut rechecks = 0;
        let mut found = async || {
            // More or fewer rechecks in between.
            rechecks += 2;
            let mut all = Found::default();
            for _ in 0..rechecks {
                all.users
                    .extend(recheck(&store).await.expect("known").users);
            }
            Vec::from_iter(all.users)
        };
        assert_eq!(found().await, [0; 0]);
        ends.commit().await.expect("the end");
        assert_eq!(found().await, expected[..1]);
        stays.commit().await.expect("the end");
        assert_eq!(found().await, expected[1..]);
    }
}

/// What was open at the first recheck may have any number.
#[tokio::test]
async fn transaction_open_at_first_recheck_is_found() {
    let (database, platform) = with_world(&town(vec![])).await;
    let open = begin(&platform, "UPDATE users SET active = false WHERE id = 1").await;
    run(&platform, "UPDATE users SET admin = true WHERE id = 4").await;
    let store = store(&database).await;
    for _ in 0..3 {
        assert_eq!(recheck(&store).await, None);
    }
    open.commit().await.expect("the end");
    assert_eq!(recheck(&store).await, None, "compared, and so found");
    settle(&store).await;
}

/// Changes the users from `first` on, one after the other, in transactions of
/// different lengths.
async fn change_thirty(platform: Platform, first: i64) {
    for id in first..first + 30 {
        let mut transaction = platform.pool().begin().await.expect("a transaction");
        let change = query("UPDATE users SET active = NOT active WHERE id = $1").bind(id);
        change.execute(&mut *transaction).await.expect("the change");
        sleep(Duration::from_millis(id.unsigned_abs() * 13 % 40)).await;
        transaction.commit().await.expect("the end");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn concurrent_changes_are_all_found() {
    let (database, platform) = with_world(&town(vec![])).await;
    let store = store(&database).await;
    let users = "INSERT INTO users (id) SELECT generate_series(100, 399)";
    run(&platform, users).await;
    settle(&store).await;
    let mut writers = JoinSet::new();
    for first in (100..400).step_by(30) {
        writers.spawn(change_thirty(platform.clone(), first));
    }
    let mut found = Found::default();
    while !writers.is_empty() {
        while writers.try_join_next().is_some() {}
        let recheck = recheck(&store).await.expect("nothing is in doubt");
        found.users.extend(recheck.users);
        sleep(Duration::from_millis(3)).await;
    }
    let recheck = recheck(&store).await.expect("nothing is in doubt");
    found.users.extend(recheck.users);
    assert!(found.users.into_iter().eq(100..400));
}
