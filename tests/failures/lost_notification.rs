//! A notification between two processes is lost.

use aftermatch_test_support::{PROGRAM_TIMEOUT, Platform, Program, create, delete, edit, fresh};
use serde_json::Value;
use tokio::time::timeout;

use crate::world::prepare;

/// The connections on which processes listen hold a lock.
macro_rules! listening {
    ($what:literal) => {
        concat!(
            "SELECT ",
            $what,
            " FROM pg_locks WHERE locktype = 'advisory' AND granted AND mode = 'ShareLock'
              AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
        )
    };
}

const LISTENING: &str = listening!("count(*)");
const END_LISTENING: &str = listening!("pg_terminate_backend(pid)");

/// Waits until both processes listen, and ends that.
pub async fn end_listening(platform: &Platform) {
    let listening = async {
        loop {
            let listening = sqlx::query_scalar::<_, i64>(LISTENING);
            let listening = listening.fetch_one(platform.pool()).await;
            if listening.expect("a number") == 2 {
                return;
            }
            tokio::task::yield_now().await;
        }
    };
    let both = timeout(PROGRAM_TIMEOUT, listening).await;
    both.expect("both listen in time");
    let ended = sqlx::query(END_LISTENING).execute(platform.pool()).await;
    ended.expect("their connections end");
}

/// The text is corrected, and a message is deleted, while nothing announces it to the other process.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn events_without_notification_arrive_as_they_were() {
    let database = fresh().await;
    prepare(database.url()).await;
    let platform = Platform::connect(database.url()).await;
    let first = Program::serving(database.url()).await;
    let second = Program::serving(database.url()).await;
    let mut ann = first.joined(1, 1).await;
    let mut bob = second.joined(2, 1).await;
    for _ in 0..5 {
        end_listening(&platform).await;
        let mut sent = vec![
            ann.create("Jly").await,
            ann.create("to the wrong room").await,
        ];
        let ids: Vec<_> = sent.iter().map(id).collect();
        sent.push(ann.request(edit(ids[0], "July")).await);
        sent.push(ann.request(delete(&ids[1..])).await);
        for frame in sent {
            assert_eq!(bob.receive().await, frame);
        }
    }
}

/// The response of an author waits for the events of others that were committed before,
/// and for them alone.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn author_is_answered_after_event_of_which_nobody_told() {
    let database = fresh().await;
    prepare(database.url()).await;
    let platform = Platform::connect(database.url()).await;
    let first = Program::serving(database.url()).await;
    let second = Program::serving(database.url()).await;
    let (mut ann, mut bob) = (first.joined(1, 1).await, second.joined(2, 1).await);
    end_listening(&platform).await;
    let created = ann.create("before").await;
    let answered = bob.send_action(create("after")).await;
    assert_eq!(bob.receive().await, created);
    assert_eq!(bob.receive().await["request_id"], answered);
    assert_eq!(ann.receive().await["request_id"], answered);
}

fn id(created: &Value) -> i64 {
    created["data"]["id"].as_i64().expect("an id")
}
