//! What is still to be pushed, over several connections and processes.

use std::time::Duration;

use aftermatch_ports::{
    DuePush, PushLimits, Pushes, Settled,
    model::{RoomId, Seq},
};
use aftermatch_postgres::Postgres;
use sqlx::{AssertSqlSafe, Connection, PgConnection};

use crate::support::{store, town, with_world};

const AT_ONCE: PushLimits = PushLimits {
    delay: Duration::ZERO,
    max_age: Duration::from_secs(24 * 60 * 60),
};

/// Finds what is new, a few times, as in some seconds.
async fn due(store: &Postgres) -> Vec<DuePush> {
    for _ in 0..4 {
        let found = store.find(AT_ONCE).await.expect("a database");
        found.expect("this one reads");
    }
    let mut due = store.due(100).await.expect("a database");
    due.sort_by_key(|due| due.room);
    due
}

async fn run(connection: &mut PgConnection, sql: &str) {
    let run = sqlx::raw_sql(AssertSqlSafe(sql)).execute(connection).await;
    run.expect("it is run");
}

/// The numbers of the messages in a room that is due; all of them are settled.
async fn taken(store: &Postgres, due: DuePush) -> Vec<i64> {
    let page = store.read(due, 100).await.expect("a database");
    let done = Settled::Done(due.upto);
    store.settle(due, done).await.expect("a database");
    page.messages
        .iter()
        .map(|(message, _)| message.seq.0)
        .collect()
}

#[tokio::test]
async fn message_committed_late_is_not_skipped() {
    let (database, _platform) = with_world(&town(vec![])).await;
    let store = store(&database).await;
    assert_eq!(due(&store).await, []);
    let mut slow = PgConnection::connect(database.url())
        .await
        .expect("a connection");
    let mut fast = PgConnection::connect(database.url())
        .await
        .expect("a connection");
    // It has the lowest id, and ends last.
    run(&mut slow, "BEGIN; SELECT post(21, 1, 'slow')").await;
    for round in 0..3 {
        run(&mut fast, "SELECT post(22, 2, 'fast')").await;
        let found = due(&store).await;
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!(taken(&store, found[0]).await, [round + 1]);
    }
    run(&mut slow, "COMMIT").await;
    let found = due(&store).await;
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0].room, RoomId(21));
    assert_eq!(taken(&store, found[0]).await, [1]);
    assert_eq!(due(&store).await, []);
}

#[tokio::test]
async fn another_process_takes_over() {
    let (database, _platform) = with_world(&town(vec![])).await;
    let (first, second) = (store(&database).await, store(&database).await);
    assert_eq!(due(&first).await, []);
    let mut platform = PgConnection::connect(database.url())
        .await
        .expect("a connection");
    run(
        &mut platform,
        "SELECT post(21, 1, 'a'), post(21, 1, 'b'), post(22, 2, 'c')",
    )
    .await;
    assert_eq!(second.find(AT_ONCE).await.expect("a database"), None);
    second.due(9).await.expect_err("the first one reads");
    let found = due(&first).await;
    let room = *found.first().expect("a room");
    first
        .settle(room, Settled::Done(Seq(1)))
        .await
        .expect("a database");
    run(&mut platform, "SELECT post(23, 3, 'd')").await;
    first.close().await;
    drop(first);
    while second.find(AT_ONCE).await.expect("a database").is_none() {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let found = due(&second).await;
    let mut all = Vec::new();
    for due in found {
        all.push((due.room.0, taken(&second, due).await));
    }
    assert_eq!(all, [(21, vec![2]), (22, vec![1]), (23, vec![1])]);
}

/// What was written while no process looked.
#[tokio::test]
async fn pause_of_more_than_a_day_is_left_out() {
    let (database, platform) = with_world(&town(vec![])).await;
    for (hours, expected) in [(23, 1), (25, 0)] {
        let store = store(&database).await;
        while store.find(AT_ONCE).await.expect("a database").is_none() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        for due in due(&store).await {
            taken(&store, due).await;
        }
        drop(store);
        let ago = format!(
            "SELECT post(21, 1, 'meanwhile');
             UPDATE push_state SET looked_at = now() - interval '{hours} hours'"
        );
        sqlx::raw_sql(AssertSqlSafe(ago))
            .execute(platform.pool())
            .await
            .expect("a database");
        let store = crate::support::store(&database).await;
        while store.find(AT_ONCE).await.expect("a database").is_none() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        assert_eq!(due(&store).await.len(), expected, "after {hours} hours");
    }
}

/// A dead letter is sent again when an operator says so, and goes when it was accepted.
#[tokio::test]
async fn dead_letter_is_due_when_operator_wants_it() {
    let (database, platform) = with_world(&town(vec![])).await;
    let store = store(&database).await;
    assert_eq!(due(&store).await, []);
    let post = "SELECT post(21, 1, 'a'), post(21, 1, 'b')";
    sqlx::query(post)
        .execute(platform.pool())
        .await
        .expect("two messages");
    let room = due(&store).await[0];
    let page = store.read(room, 1).await.expect("a database");
    let message = &page.messages[0].0;
    let given_up = Settled::GivenUp {
        id: message.id,
        seq: message.seq,
    };
    store.settle(room, given_up).await.expect("a database");
    let room = due(&store).await[0];
    assert_eq!(taken(&store, room).await, [2]);
    assert_eq!(due(&store).await, []);

    let again = "UPDATE push_dead_letters SET again = true";
    let failed = Settled::Failed {
        again_in: Duration::ZERO,
        reason: "it answers 500".to_owned(),
    };
    for settled in [failed, Settled::Done(Seq(1))] {
        sqlx::query(again)
            .execute(platform.pool())
            .await
            .expect("a dead letter");
        let found = due(&store).await;
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].is_dead_letter);
        let page = store.read(found[0], 9).await.expect("a database");
        assert_eq!(page.messages.len(), 1);
        store.settle(found[0], settled).await.expect("a database");
        assert_eq!(due(&store).await, []);
    }
    let left = store
        .find(AT_ONCE)
        .await
        .expect("a database")
        .expect("it reads");
    assert_eq!(left.dead_letters, 0);
}
