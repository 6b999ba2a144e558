//! A message is kept, and whoever wrote it never gets to know.

use aftermatch_testdb::{Platform, Proxy, fresh};
use serde_json::{Value, json};
use sqlx::{Connection, PgConnection};
use tokio::time::timeout;

use crate::{
    client::Client,
    service::{PATIENCE, Service, create, settle},
};

const TEXT: &str = "kept, and not told";

/// Longer than the message is held up.
const PATIENT: [(&str, &str); 1] = [("CHAT_STATEMENT_TIMEOUT", "30s")];

/// Holds a message up on its way into the database, as long as it has a lock.
struct Gate(PgConnection);

impl Gate {
    async fn shut(url: &str) -> Self {
        let mut gate = PgConnection::connect(url).await.expect("a connection");
        for statement in [
            "CREATE FUNCTION pass() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                PERFORM pg_advisory_xact_lock(7);
                RETURN NULL;
            END $$",
            "CREATE TRIGGER gate AFTER INSERT ON messages
            FOR EACH ROW WHEN (NEW.text = 'kept, and not told') EXECUTE FUNCTION pass()",
            "SELECT pg_advisory_lock(7)",
        ] {
            let done = sqlx::query(statement).execute(&mut gate).await;
            done.expect("the gate is shut");
        }
        Self(gate)
    }

    /// Waits until the message stands before it.
    async fn knocks(&mut self) {
        let waits = "SELECT EXISTS (SELECT FROM pg_locks
            WHERE locktype = 'advisory' AND NOT granted
              AND database = (SELECT oid FROM pg_database WHERE datname = current_database()))";
        let knocks = async {
            loop {
                let waits = sqlx::query_scalar::<_, bool>(waits).fetch_one(&mut self.0);
                if waits.await.expect("an answer") {
                    return;
                }
                tokio::task::yield_now().await;
            }
        };
        timeout(PATIENCE, knocks).await.expect("a message in time");
    }

    async fn open(mut self) {
        let open = sqlx::query("SELECT pg_advisory_unlock(7)");
        open.execute(&mut self.0).await.expect("the gate is open");
    }
}

/// Hears the message, as nobody's.
async fn hears(listener: &mut Client) -> Value {
    let frame = listener.hear().await;
    assert_eq!(frame["data"]["text"], TEXT, "{frame}");
    assert_eq!(frame["data"]["seq"], 2, "{frame}");
    assert_eq!(frame["request_id"], Value::Null, "{frame}");
    frame
}

async fn is_there_once(platform: &Platform) {
    let count = "SELECT count(*) FROM messages WHERE text = $1";
    let count = sqlx::query_scalar::<_, i64>(count).bind(TEXT);
    let count = count.fetch_one(platform.pool()).await;
    assert_eq!(count.expect("a number"), 1);
}

#[tokio::test]
async fn what_a_killed_program_kept_is_told_by_the_other() {
    let database = fresh().await;
    settle(database.url()).await;
    let platform = Platform::connect(database.url()).await;
    let mut gate = Gate::shut(database.url()).await;
    let other = Service::serving(database.url()).await;
    let killed = Service::start(database.url(), &PATIENT);
    let mut author = killed.joined(1, 1).await;
    author.create("hello").await;
    let mut listener = other.joined(2, 1).await;

    author.request(create(TEXT)).await;
    gate.knocks().await;
    killed.kill().await;
    gate.open().await;
    hears(&mut listener).await;
    is_there_once(&platform).await;
    let mut late = other.chat(3).await;
    let back = json!({"action": "join_room", "room_pk": 1, "since_seq": 1});
    let back = late.ask(back).await;
    assert_eq!(back["data"]["resumed"], true, "{back}");
    assert_eq!(hears(&mut late).await["replay"], true);
    let next = late.create("next").await;
    assert_eq!(listener.hear().await, next);
}

#[tokio::test]
async fn what_was_kept_when_the_line_broke_is_told_by_both() {
    let database = fresh().await;
    settle(database.url()).await;
    let platform = Platform::connect(database.url()).await;
    let proxy = Proxy::before(database.url()).await;
    let mut gate = Gate::shut(database.url()).await;
    let other = Service::serving(database.url()).await;
    let cut_off = Service::start(proxy.url(), &PATIENT);
    let mut author = cut_off.joined(1, 1).await;
    author.create("hello").await;
    let mut here = cut_off.joined(2, 1).await;
    let mut there = other.joined(2, 1).await;

    let id = author.request(create(TEXT)).await;
    gate.knocks().await;
    proxy.cut().await;
    let answer = author.hear().await;
    assert_eq!(
        (&answer["request_id"], &answer["response_status"]),
        (&json!(id), &json!(503))
    );
    gate.open().await;
    hears(&mut there).await;
    is_there_once(&platform).await;
    proxy.heal().await;
    hears(&mut author).await;
    hears(&mut here).await;
    let next = author.create("next").await;
    assert_eq!(here.hear().await, next);
    assert_eq!(there.hear().await["data"], next["data"]);
}
