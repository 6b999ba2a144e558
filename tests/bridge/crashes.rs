use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicU64, Ordering},
};

use aftermatch_test_support::Random;
use sqlx::{AssertSqlSafe, PgPool};
use tokio::time::{Duration, sleep};

use crate::platform::Platform;

/// How often the process that drains is killed.
const CRASHES: usize = 5;

/// One of the things that a platform does, by chance.
fn statement(random: &mut Random, n: u64) -> String {
    let mut below = |max: u64| random.below(max);
    let (user, room) = (below(60) + 1000, below(40) + 1000);
    match below(12) {
        0 => format!(
            "INSERT INTO platform.accounts_user (id, email) VALUES ({user}, 'u{n}') ON CONFLICT DO NOTHING"
        ),
        1 => format!(
            "INSERT INTO platform.brand_brand (id, user_id, name) SELECT {user}, {user}, 'b{n}' FROM platform.accounts_user WHERE id = {user} ON CONFLICT DO NOTHING"
        ),
        2 => format!(
            "UPDATE platform.accounts_user SET is_active = NOT is_active, email = 'e{n}' WHERE id BETWEEN {user} AND {user} + 5"
        ),
        3 => format!(
            "UPDATE platform.brand_brand SET subscription_id = {} WHERE id = {user}",
            below(3) + 1
        ),
        4 => format!("INSERT INTO platform.chat_room (id) VALUES ({room}) ON CONFLICT DO NOTHING"),
        5 => format!(
            "INSERT INTO platform.chat_room_participants (room_id, brand_id) SELECT r.id, b.id FROM platform.chat_room r, platform.brand_brand b WHERE r.id = {room} AND b.id = {user} ON CONFLICT DO NOTHING"
        ),
        6 => format!("DELETE FROM platform.chat_room_participants WHERE room_id = {room}"),
        7 => format!(
            "UPDATE platform.chat_message SET text = 'edited {n}' WHERE room_id = {room} AND id % 3 = {}",
            below(3)
        ),
        8 => format!(
            "DELETE FROM platform.chat_message WHERE room_id = {room} AND id % 7 = {}",
            below(7)
        ),
        9 if below(4) == 0 => format!("DELETE FROM platform.chat_room WHERE id = {room}"),
        10 if below(4) == 0 => format!("DELETE FROM platform.accounts_user WHERE id = {user}"),
        _ => format!(
            "INSERT INTO platform.chat_message (room_id, user_id, text) SELECT {room}, {user}, 'm{n}' || g FROM generate_series(1, {}) g WHERE EXISTS (SELECT FROM platform.chat_room WHERE id = {room}) AND EXISTS (SELECT FROM platform.accounts_user WHERE id = {user})",
            below(5) + 1
        ),
    }
}

/// Transactions of a few statements, some rolled back. One that the platform itself refuses
/// changes nothing.
async fn write(sql: PgPool, writer: u64, stop: Arc<AtomicBool>, committed: Arc<AtomicU64>) {
    let mut random = Random::new();
    let mut n = writer * 1_000_000;
    while !stop.load(Ordering::Relaxed) {
        let mut transaction = sql.begin().await.expect("a transaction");
        let mut is_good = true;
        for _ in 0..=random.below(3) {
            n += 1;
            let statement = AssertSqlSafe(statement(&mut random, n));
            is_good = is_good
                && sqlx::raw_sql(statement)
                    .execute(&mut *transaction)
                    .await
                    .is_ok();
        }
        if is_good && random.below(7) > 0 {
            committed.fetch_add(
                u64::from(transaction.commit().await.is_ok()),
                Ordering::Relaxed,
            );
        } else {
            transaction.rollback().await.expect("a rollback");
        }
    }
}

#[tokio::test]
async fn crashes_of_the_drain_lose_nothing() {
    let platform = Platform::adopted().await;
    let (stop, committed) = (
        Arc::new(AtomicBool::new(false)),
        Arc::new(AtomicU64::new(0)),
    );
    let writers: Vec<_> = (1..=3)
        .map(|writer| {
            tokio::spawn(write(
                platform.sql.clone(),
                writer,
                stop.clone(),
                committed.clone(),
            ))
        })
        .collect();
    for crash in 0..CRASHES {
        let service = platform.serve().await;
        // Until it has applied something of what was written since.
        let before = committed.load(Ordering::Relaxed);
        while committed.load(Ordering::Relaxed) < before + 100 {
            sleep(Duration::from_millis(20)).await;
        }
        sleep(Duration::from_millis(
            137 * u64::try_from(crash).expect("small"),
        ))
        .await;
        service.kill().await;
    }
    stop.store(true, Ordering::Relaxed);
    for writer in writers {
        writer.await.expect("a writer");
    }
    let _service = platform.serve().await;
    platform
        .becomes(
            "SELECT (SELECT count(*) FROM bridge_noted) + (SELECT count(*) FROM bridge_moved)",
            "0",
        )
        .await;
    let output = platform.bridge("check").expect_success().await;
    assert_eq!(output, "no differences\n");
    let gaps = "SELECT count(*) FROM rooms r WHERE last_seq <> (
        SELECT count(*) FROM (SELECT seq FROM messages m WHERE m.room_id = r.id
                              UNION SELECT seq FROM events e WHERE e.room_id = r.id) s)";
    platform.becomes(gaps, "0").await;
}
