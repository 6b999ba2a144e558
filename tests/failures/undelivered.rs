//! A message is committed, and its author never gets the response.

use aftermatch_test_support::{Client, PROGRAM_TIMEOUT, Platform, Program, Proxy, create, fresh};
use serde_json::{Value, json};
use sqlx::{Connection, PgConnection};
use tokio::time::timeout;

use crate::world::prepare;

const TEXT: &str = "committed, not answered";

/// Longer than the message is blocked.
const LONG_TIMEOUT: [(&str, &str); 1] = [("CHAT_STATEMENT_TIMEOUT", "30s")];

/// Blocks the message on its way into the database, as long as it holds a lock.
struct InsertBlock(PgConnection);

impl InsertBlock {
    async fn close(url: &str) -> Self {
        let mut block = PgConnection::connect(url).await.expect("a connection");
        for statement in [
            "CREATE FUNCTION wait_for_lock() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                PERFORM pg_advisory_xact_lock(7);
                RETURN NULL;
            END $$",
            "CREATE TRIGGER block AFTER INSERT ON messages
            FOR EACH ROW WHEN (NEW.text = 'committed, not answered') EXECUTE FUNCTION wait_for_lock()",
            "SELECT pg_advisory_lock(7)",
        ] {
            let done = sqlx::query(statement).execute(&mut block).await;
            done.expect("the lock is held");
        }
        Self(block)
    }

    /// Waits until the message waits for the lock.
    async fn blocks_message(&mut self) {
        let waits = "SELECT EXISTS (SELECT FROM pg_locks
            WHERE locktype = 'advisory' AND NOT granted
              AND database = (SELECT oid FROM pg_database WHERE datname = current_database()))";
        let blocked = async {
            loop {
                let waits = sqlx::query_scalar::<_, bool>(waits).fetch_one(&mut self.0);
                if waits.await.expect("a row") {
                    return;
                }
                tokio::task::yield_now().await;
            }
        };
        timeout(PROGRAM_TIMEOUT, blocked)
            .await
            .expect("a message in time");
    }

    async fn open(mut self) {
        let open = sqlx::query("SELECT pg_advisory_unlock(7)");
        open.execute(&mut self.0)
            .await
            .expect("the lock is released");
    }
}

/// Receives the message with this request id.
async fn expect_message(listener: &mut Client, request_id: impl Into<Value>) -> Value {
    let frame = listener.receive().await;
    assert_eq!(frame["data"]["text"], TEXT, "{frame}");
    assert_eq!(frame["data"]["seq"], 2, "{frame}");
    assert_eq!(frame["request_id"], request_id.into(), "{frame}");
    frame
}

async fn expect_stored_once(platform: &Platform) {
    let count = "SELECT count(*) FROM messages WHERE text = $1";
    let count = sqlx::query_scalar::<_, i64>(count).bind(TEXT);
    let count = count.fetch_one(platform.pool()).await;
    assert_eq!(count.expect("a number"), 1);
}

#[tokio::test]
async fn message_of_killed_process_delivered_by_other() {
    let database = fresh().await;
    prepare(database.url()).await;
    let platform = Platform::connect(database.url()).await;
    let mut block = InsertBlock::close(database.url()).await;
    let other = Program::serving(database.url()).await;
    let killed = Program::start(database.url(), &LONG_TIMEOUT);
    let mut author = killed.joined(1, 1).await;
    author.create("hello").await;
    let mut listener = other.joined(2, 1).await;

    let id = author.send_action(create(TEXT)).await;
    block.blocks_message().await;
    killed.kill().await;
    block.open().await;
    expect_message(&mut listener, id).await;
    expect_stored_once(&platform).await;
    let mut returning = other.chat(3).await;
    let back = json!({"action": "join_room", "room_pk": 1, "since_seq": 1});
    let back = returning.request(back).await;
    assert_eq!(back["data"]["resumed"], true, "{back}");
    assert_eq!(expect_message(&mut returning, ()).await["replay"], true);
    let next = returning.create("next").await;
    assert_eq!(listener.receive().await, next);
}

#[tokio::test]
async fn message_committed_during_cut_delivered_by_both() {
    let database = fresh().await;
    prepare(database.url()).await;
    let platform = Platform::connect(database.url()).await;
    let proxy = Proxy::before(database.url()).await;
    let mut block = InsertBlock::close(database.url()).await;
    let other = Program::serving(database.url()).await;
    let cut_off = Program::start(proxy.url(), &LONG_TIMEOUT);
    let mut author = cut_off.joined(1, 1).await;
    author.create("hello").await;
    let mut on_cut_off = cut_off.joined(2, 1).await;
    let mut on_other = other.joined(2, 1).await;

    let id = author.send_action(create(TEXT)).await;
    block.blocks_message().await;
    proxy.cut().await;
    let response = author.receive().await;
    assert_eq!(
        (&response["request_id"], &response["response_status"]),
        (&json!(id), &json!(503))
    );
    block.open().await;
    expect_message(&mut on_other, id).await;
    expect_stored_once(&platform).await;
    proxy.heal().await;
    expect_message(&mut author, id).await;
    expect_message(&mut on_cut_off, id).await;
    let next = author.create("next").await;
    assert_eq!(on_cut_off.receive().await, next);
    assert_eq!(on_other.receive().await["data"], next["data"]);
}
