//! Messages that are created by one call.

use std::{iter, sync::Arc};

use crate::support::{draft, precondition, store, town, with_world};
use aftermatch_ports::{
    CreateOutcome, History, HistoryRange, Messages, Outcome, Precondition, StoreError,
    model::RoomId,
};
use aftermatch_postgres::Postgres;
use aftermatch_testdb::Platform;
use tokio::task::JoinSet;

/// Creates "1", "2" and so on by one call, with the text at `other` replaced.
async fn create(
    store: &Postgres,
    now: Precondition,
    count: usize,
    other: Option<(usize, &str)>,
) -> Vec<Result<Outcome<CreateOutcome>, StoreError>> {
    let drafts = (1..=count).map(|nth| match other {
        Some((at, text)) if at == nth => draft(text, None),
        _ => draft(&nth.to_string(), None),
    });
    store.create(now, drafts.collect()).await
}

fn is_created(outcome: &Result<Outcome<CreateOutcome>, StoreError>) -> bool {
    matches!(outcome, Ok(Outcome::Committed(CreateOutcome::Created(_))))
}

async fn texts(store: &Postgres) -> Vec<String> {
    let history = store.history(RoomId(21), HistoryRange::Newest, 100).await;
    let messages = history.expect("a database").messages.into_iter();
    messages
        .map(|message| message.text.as_str().to_owned())
        .collect()
}

/// How many transactions have written messages.
async fn commits(platform: &Platform) -> i64 {
    let count = sqlx::query_scalar("SELECT count(DISTINCT xmin::text) FROM messages");
    count.fetch_one(platform.pool()).await.expect("a count")
}

#[tokio::test]
async fn one_call_is_one_commit() {
    let (database, platform) = with_world(&town(vec![])).await;
    let store = store(&database).await;
    let now = precondition(&store, 21, 1).await;
    let outcomes = create(&store, now, 64, None).await;
    assert!(outcomes.iter().all(is_created), "{outcomes:?}");
    assert_eq!(commits(&platform).await, 1);
}

/// What the database refuses is one message, and the others are created in their order.
#[tokio::test]
async fn refused_message_of_call_spares_others() {
    let (database, platform) = with_world(&town(vec![])).await;
    let refuse = "ALTER TABLE messages ADD CONSTRAINT polite CHECK (text <> 'rude')";
    let made = sqlx::raw_sql(refuse).execute(platform.pool()).await;
    made.expect("a constraint");
    let store = store(&database).await;
    let now = precondition(&store, 21, 1).await;
    let outcomes = create(&store, now, 5, Some((3, "rude"))).await;
    let created: Vec<_> = outcomes.iter().map(is_created).collect();
    assert_eq!(created, [true, true, false, true, true]);
    assert!(outcomes[2].is_err(), "{outcomes:?}");
    assert_eq!(texts(&store).await, ["1", "2", "4", "5"]);
}

/// A room that others lock for moments, and calls with a message that fails the whole
/// statement: each call keeps its order.
#[tokio::test]
async fn calls_keep_their_order_in_a_room_that_is_locked_at_times() {
    const CALLS: usize = 6;
    let (database, platform) = with_world(&town(vec![])).await;
    let refuse = "ALTER TABLE messages ADD CONSTRAINT polite CHECK (text <> 'rude')";
    let made = sqlx::raw_sql(refuse).execute(platform.pool()).await;
    made.expect("a constraint");
    let store = Arc::new(store(&database).await);
    let now = precondition(&store, 21, 1).await;
    let pool = platform.pool().clone();
    let mut locking = JoinSet::new();
    locking.spawn(async move {
        loop {
            let mut transaction = pool.begin().await.expect("a transaction");
            let lock = sqlx::query("SELECT FROM rooms WHERE id = 21 FOR UPDATE");
            lock.execute(&mut *transaction).await.expect("the lock");
            transaction.rollback().await.expect("the end of the lock");
        }
    });
    for call in 0..CALLS {
        let rude = (call % 2 == 0).then_some((7, "rude"));
        let outcomes = create(&store, now, 7, rude).await;
        assert!(outcomes[..6].iter().all(is_created), "{outcomes:?}");
    }
    let texts = texts(&store).await;
    let kept = texts.iter().filter(|text| *text != "7");
    let each = (1..=6).map(|nth| nth.to_string());
    let expected = iter::repeat_n(each, CALLS).flatten();
    assert!(kept.cloned().eq(expected), "{texts:?}");
}
