//! Messages that are created at the same time, and so share a statement.

use std::{collections::HashMap, sync::Arc};

use crate::support::{draft, last_seq, precondition, store, town, with_world};
use aftermatch_ports::{
    CreateOne, CreateOutcome, Created, History, HistoryRange, Outcome, Precondition,
    model::{RoomId, Seq},
};
use aftermatch_postgres::Postgres;
use tokio::task::JoinSet;

const ROOMS: [i64; 3] = [23, 21, 22];
const AUTHORS: [i64; 4] = [2, 4, 1, 3];

/// The preconditions of all authors in all rooms, as they are now.
async fn preconditions(store: &Postgres) -> Vec<Precondition> {
    let mut preconditions = Vec::new();
    for room in ROOMS {
        for author in AUTHORS {
            preconditions.push(precondition(store, room, author).await);
        }
    }
    preconditions
}

/// Which of the messages have a client message id.
fn has_id(nth: usize) -> bool {
    nth.is_multiple_of(3)
}

/// Creates the messages "0", "1" and so on, one for each precondition, all at once:
/// the first is inserted alone, the others wait and are then inserted together.
fn send(
    store: &Arc<Postgres>,
    preconditions: &[Precondition],
) -> JoinSet<(usize, Outcome<CreateOutcome>)> {
    let mut sending = JoinSet::new();
    for (nth, precondition) in preconditions.iter().copied().enumerate() {
        let store = store.clone();
        sending.spawn(async move {
            let id = has_id(nth).then(|| nth.to_string());
            let draft = draft(&nth.to_string(), id.as_deref());
            let written = store.create_one(precondition, draft);
            (nth, written.await.expect("an answer"))
        });
    }
    sending
}

fn created(written: &Outcome<CreateOutcome>) -> Created {
    match written {
        Outcome::Committed(CreateOutcome::Created(created)) => *created,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn concurrent_creates_get_their_own_answers() {
    let (database, _platform) = with_world(&town(vec![])).await;
    let store = Arc::new(store(&database).await);
    let preconditions: Vec<_> = preconditions(&store).await.repeat(5);
    let mut answers: HashMap<_, _> = send(&store, &preconditions)
        .join_all()
        .await
        .into_iter()
        .collect();
    for room in ROOMS.map(RoomId) {
        let history = store.history(room, HistoryRange::Newest, 100).await;
        let messages = history.expect("a database").messages;
        assert_eq!(messages.len(), 20);
        for (seq, message) in (1..).map(Seq).zip(messages) {
            let nth: usize = message.text.as_str().parse().expect("a number");
            let answer = created(&answers.remove(&nth).expect("one message each"));
            assert_eq!((answer.id, answer.commit.seq), (message.id, seq));
            let precondition = preconditions[nth];
            assert_eq!(
                (room, message.author.id),
                (precondition.room, precondition.user)
            );
            assert_eq!(message.created_at, answer.commit.at);
            let id = message.client_msg_id.as_ref().map(|id| id.as_str());
            assert_eq!(id, has_id(nth).then_some(message.text.as_str()));
        }
    }
}

#[tokio::test]
async fn repeated_creates_in_batch_return_duplicates() {
    let (database, _platform) = with_world(&town(vec![])).await;
    let store = Arc::new(store(&database).await);
    let preconditions = preconditions(&store).await;
    let first: HashMap<_, _> = send(&store, &preconditions)
        .join_all()
        .await
        .into_iter()
        .collect();
    for (nth, again) in send(&store, &preconditions).join_all().await {
        let first = created(&first[&nth]);
        match again {
            Outcome::Committed(CreateOutcome::Duplicate(message)) if has_id(nth) => {
                assert_eq!((message.id, message.seq), (first.id, first.commit.seq));
            }
            again => assert!(created(&again).commit.seq > first.commit.seq && !has_id(nth)),
        }
    }
}

#[tokio::test]
async fn stale_job_in_batch_spares_others() {
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
        let (database, platform) = with_world(&town(vec![])).await;
        let store = Arc::new(store(&database).await);
        let preconditions = preconditions(&store).await;
        let change = sqlx::query(change).execute(platform.pool());
        change.await.expect("the change");
        for (nth, written) in send(&store, &preconditions).join_all().await {
            if rooms.contains(&preconditions[nth].room.0)
                || users.contains(&preconditions[nth].user.0)
            {
                assert_eq!(written, Outcome::Conflict);
            } else {
                created(&written);
            }
        }
    }
}

#[tokio::test]
async fn locked_room_delays_no_other_room() {
    let (database, platform) = with_world(&town(vec![])).await;
    let store = Arc::new(store(&database).await);
    let preconditions = preconditions(&store).await;
    let mut transaction = platform.pool().begin().await.expect("a transaction");
    let lock = sqlx::query("SELECT FROM rooms WHERE id = 21 FOR UPDATE");
    lock.execute(&mut *transaction).await.expect("the lock");

    let mut sending = send(&store, &preconditions);
    let mut next = async || sending.join_next().await.expect("more").expect("an end");
    for _ in 0..8 {
        let (nth, outcome) = next().await;
        assert_ne!(preconditions[nth].room, RoomId(21));
        created(&outcome);
    }
    transaction.rollback().await.expect("the end of the lock");
    for _ in 8..12 {
        let (nth, outcome) = next().await;
        assert_eq!(preconditions[nth].room, RoomId(21));
        created(&outcome);
    }
    for room in ROOMS {
        assert_eq!(last_seq(&store, room).await, Seq(4));
    }
}
