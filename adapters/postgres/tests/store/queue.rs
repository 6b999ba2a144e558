//! Creates, edits and deletions that wait for each other in one process.

use std::{sync::Arc, task::Poll, time::Duration};

use crate::support::{
    NO_REQUEST, draft, last_seq, message, options, precondition, store, text, town, with_world,
};
use aftermatch_ports::{
    CreateOne, CreateOutcome, History, HistoryRange, Messages, Outcome, Precondition, StoreError,
    model::{MessageId, RoomId, Seq, access::DeleteScope},
};
use aftermatch_postgres::{Options, Postgres};
use aftermatch_testdb::Platform;
use futures_util::future::{BoxFuture, join_all};
use tokio::time::timeout;

/// The number of the event.
type Written = Result<Option<Seq>, StoreError>;

#[derive(Clone, Copy)]
enum Write {
    Create,
    Say(&'static str),
    Edit(i64),
    Delete(i64),
}

/// A write of user 1 in room 21, with the number of its event.
fn write(store: &Arc<Postgres>, now: Precondition, one: Write) -> BoxFuture<'static, Written> {
    let store = store.clone();
    Box::pin(async move {
        Ok(match one {
            Write::Create | Write::Say(_) => {
                let says = if let Write::Say(says) = one {
                    says
                } else {
                    "new"
                };
                match store.create_one(now, draft(says, None)).await? {
                    Outcome::Committed(CreateOutcome::Created(created)) => Some(created.commit.seq),
                    other => panic!("{other:?}"),
                }
            }
            Write::Edit(id) => {
                let edited = store.edit(now, MessageId(id), text("edited"), NO_REQUEST);
                match edited.await? {
                    Outcome::Committed(commit) => commit.map(|commit| commit.seq),
                    Outcome::Conflict => panic!("nothing has changed"),
                }
            }
            Write::Delete(id) => {
                let ids = vec![MessageId(id)];
                let deleted = store.delete(now, ids, DeleteScope::Any, None, NO_REQUEST);
                match deleted.await? {
                    Outcome::Committed(deleted) => deleted.map(|deleted| deleted.commit.seq),
                    Outcome::Conflict => panic!("nothing has changed"),
                }
            }
        })
    })
}

/// Locks the messages, so that the first write waits for this transaction and the
/// others for the first.
async fn hold(platform: &Platform) -> sqlx::Transaction<'static, sqlx::Postgres> {
    let mut transaction = platform.pool().begin().await.expect("a transaction");
    let lock = sqlx::query("LOCK TABLE messages IN ACCESS EXCLUSIVE MODE");
    lock.execute(&mut *transaction).await.expect("the lock");
    transaction
}

/// Lets each of the writes take its place in the queue.
async fn queue(writes: &mut [BoxFuture<'static, Written>]) {
    for write in writes {
        let polled = std::future::poll_fn(|context| Poll::Ready(write.as_mut().poll(context)));
        assert!(polled.await.is_pending());
    }
}

#[tokio::test]
async fn queued_writes_are_numbered_in_order() {
    let talk = (1..=4).map(|id| message(Some(id), 21, 1, id, "hello"));
    let (database, platform) = with_world(&town(talk.collect())).await;
    let store = Arc::new(store(&database).await);
    let now = precondition(&store, 21, 1).await;
    let order = [
        Write::Create,
        Write::Create,
        Write::Edit(1),
        Write::Create,
        Write::Create,
        Write::Create,
        Write::Delete(1),
        Write::Edit(1),
        Write::Delete(2),
        Write::Edit(3),
        Write::Create,
    ];
    let held = hold(&platform).await;
    let mut writes: Vec<_> = order.map(|one| write(&store, now, one)).into();
    queue(&mut writes).await;
    held.commit().await.expect("the end of the lock");
    let written = join_all(writes).await.into_iter();
    let seqs: Vec<_> = written.map(|seq| seq.expect("an answer")).collect();
    // The message 1 is deleted when its second edit comes.
    let expected = [5, 6, 7, 8, 9, 10, 11, 0, 12, 13, 14].map(|seq| (seq > 0).then_some(Seq(seq)));
    assert_eq!(seqs, expected);
}

/// Messages and events share one sequence of ids, which shows what was written first.
#[tokio::test]
async fn creates_overtake_changes_of_other_rooms_only() {
    let talk = vec![
        message(Some(1), 21, 1, 1, "hello"),
        message(Some(2), 22, 2, 1, "hello"),
    ];
    let (database, platform) = with_world(&town(talk)).await;
    let store = Arc::new(store(&database).await);
    let first = precondition(&store, 21, 1).await;
    let second = precondition(&store, 22, 2).await;
    let held = hold(&platform).await;
    let mut writes: Vec<_> = [
        (first, Write::Create),
        (first, Write::Create),
        (first, Write::Edit(1)),
        (first, Write::Create),
        (second, Write::Create),
        (second, Write::Delete(2)),
        (second, Write::Create),
    ]
    .map(|(now, one)| write(&store, now, one))
    .into();
    queue(&mut writes).await;
    held.commit().await.expect("the end of the lock");
    let written = join_all(writes).await.into_iter();
    let seqs: Vec<_> = written.map(|seq| seq.expect("an answer")).collect();
    assert_eq!(seqs, [2, 3, 4, 5, 2, 3, 4].map(|seq| Some(Seq(seq))));
    let order = "SELECT room_id, seq FROM (
            SELECT id, room_id, seq FROM messages WHERE id > 2
            UNION ALL SELECT id, room_id, seq FROM events
        ) written ORDER BY id";
    let order: Vec<(i64, i64)> = sqlx::query_as(order)
        .fetch_all(platform.pool())
        .await
        .expect("what was written");
    let batch = [(21, 3), (22, 2)];
    let rest = [(21, 4), (21, 5), (22, 3), (22, 4)];
    assert_eq!(order[0], (21, 2));
    assert_eq!(order[1..3], batch);
    assert_eq!(order[3..], rest);
}

/// A message that the table refuses fails its batch. Then each is inserted by itself.
#[tokio::test]
async fn failed_batch_stops_at_first_transient_error() {
    let (database, platform) = with_world(&town(vec![])).await;
    let refuse = "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF NEW.text = 'refused' THEN RAISE check_violation; END IF;
            IF NEW.text = 'cut off' THEN RAISE query_canceled; END IF;
            RETURN NEW;
        END
        $$;
        CREATE TRIGGER refuse BEFORE INSERT ON messages
            FOR EACH ROW EXECUTE FUNCTION refuse()";
    let made = sqlx::raw_sql(refuse).execute(platform.pool()).await;
    made.expect("a trigger");
    let store = Arc::new(store(&database).await);
    let now = precondition(&store, 21, 1).await;
    let held = hold(&platform).await;
    let order = [
        Write::Create,
        Write::Create,
        Write::Say("refused"),
        Write::Create,
        Write::Say("cut off"),
        Write::Create,
        Write::Say("refused"),
    ];
    let mut writes: Vec<_> = order.map(|one| write(&store, now, one)).into();
    queue(&mut writes).await;
    held.commit().await.expect("the end of the lock");
    let written = join_all(writes).await.into_iter();
    let written: Vec<_> = written
        .map(|written| match written {
            Ok(seq) => format!("{}", seq.expect("a create").0),
            Err(StoreError::Permanent(_)) => "refused".to_owned(),
            Err(StoreError::Transient(_)) => "away".to_owned(),
        })
        .collect();
    let away = "away";
    assert_eq!(written, ["1", "2", "refused", "3", away, away, away]);
    assert_eq!(last_seq(&store, 21).await, Seq(3));
}

#[tokio::test]
async fn write_of_gone_request_is_left_out() {
    let talk = vec![
        message(Some(1), 21, 1, 1, "hello"),
        message(Some(2), 21, 1, 2, "hello"),
    ];
    let (database, platform) = with_world(&town(talk)).await;
    let store = Arc::new(store(&database).await);
    let now = precondition(&store, 21, 1).await;
    let held = hold(&platform).await;
    let order = [
        Write::Create,
        Write::Create,
        Write::Edit(1),
        Write::Delete(2),
        Write::Create,
    ];
    let mut writes: Vec<_> = order.map(|one| write(&store, now, one)).into();
    queue(&mut writes).await;
    let gone = writes.drain(1..4).collect::<Vec<_>>();
    drop(gone);
    held.commit().await.expect("the end of the lock");
    let written = join_all(writes).await.into_iter();
    let seqs: Vec<_> = written.map(|seq| seq.expect("an answer")).collect();
    assert_eq!(seqs, [Some(Seq(3)), Some(Seq(4))]);
    let history = store.history(RoomId(21), HistoryRange::Newest, 9).await;
    let messages = history.expect("a database").messages;
    let texts = messages.iter().map(|message| message.text.as_str());
    assert!(texts.eq(["hello", "hello", "new", "new"]));
}

#[tokio::test]
async fn locked_table_fails_queued_writes_in_time() {
    let talk = (1..=20).map(|id| message(Some(id), 21, 1, id, "hello"));
    let (database, platform) = with_world(&town(talk.collect())).await;
    let options = Options {
        statement_timeout: Duration::from_millis(500),
        ..options(&database)
    };
    let limit = 3 * options.statement_timeout;
    let store = Postgres::connect(&options).await.expect("a connection");
    let store = Arc::new(store);
    let now = precondition(&store, 21, 1).await;
    let held = hold(&platform).await;
    // Each alone takes until its limit. Together they would take twenty times as long.
    let mut writes: Vec<_> = (1..=20)
        .map(|id| write(&store, now, Write::Edit(id)))
        .collect();
    queue(&mut writes).await;
    let mut late = 0;
    let written = timeout(limit, join_all(writes)).await;
    for written in written.expect("all answers in time") {
        match written {
            Err(StoreError::Transient(cause)) => {
                late += u8::from(cause.to_string().contains("waited too long"));
            }
            other => panic!("{other:?}"),
        }
    }
    assert!(late >= 10, "{late} waited too long");
    held.commit().await.expect("the end of the lock");
    assert_eq!(last_seq(&store, 21).await, Seq(20));
    let written = write(&store, now, Write::Edit(1)).await;
    assert_eq!(written.expect("an answer"), Some(Seq(21)));
}
