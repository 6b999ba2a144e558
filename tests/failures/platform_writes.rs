//! The platform writes into rooms by SQL, in transactions of its own: members, administrators
//! and followers at every process receive it once it is committed.

use aftermatch_test_support::{Client, NatsServer, Platform, Program, create, fresh, token_for};
use serde_json::{Value, json};
use sqlx::raw_sql;

use crate::world::prepare;

/// User 11 is an administrator, user 12 belongs to no brand.
const PEOPLE: &str = "INSERT INTO users (id, admin, profile) VALUES
    (11, true, '{}'), (12, false, '{\"email\": \"support@example.com\"}');
    UPDATE brands SET tariff = 'business'";

/// What becomes an event of each kind.
const WRITES: &str = "BEGIN;
    SELECT post(1, 12, 'You have matched', 'match:1');
    SELECT edit(max(id), 'You have matched!') FROM messages;
    SELECT post(1, 12, 'oops');
    SELECT remove(ARRAY[max(id)], by => 11) FROM messages;
    COMMIT";

async fn run(platform: &Platform, sql: &'static str) {
    let done = raw_sql(sql).execute(platform.pool()).await;
    done.unwrap_or_else(|error| panic!("{sql}: {error}"));
}

async fn admin(program: &Program) -> Client {
    let address = program.address().await;
    let mut admin = Client::connect(address, "/ws/admin-chat/", &token_for(11)).await;
    admin.join(1).await;
    admin
}

/// The events of [`WRITES`].
async fn expect_events(client: &mut Client) -> Vec<Value> {
    let mut events = Vec::new();
    for (seq, action) in (1..).zip([
        "create_message",
        "edit_message",
        "create_message",
        "delete_messages",
    ]) {
        let event = client.receive().await;
        assert_eq!(event["action"], action, "{event}");
        assert_eq!(event["data"]["seq"], seq, "{event}");
        assert_eq!(event["request_id"], Value::Null, "{event}");
        events.push(event);
    }
    let created = &events[0]["data"];
    assert_eq!(created["user"]["email"], "support@example.com");
    assert_eq!(created["client_msg_id"], "match:1");
    events
}

async fn expect_everyone_receives(first: &Program, second: &Program, platform: &Platform) {
    run(platform, PEOPLE).await;
    let mut members = vec![first.joined(1, 1).await, admin(first).await];
    members.extend([second.joined(2, 1).await, admin(second).await]);
    let mut follower = second.chat(3).await;
    follower
        .request(json!({"action": "follow", "rooms": true}))
        .await;
    // Nothing of this is committed.
    run(platform, "BEGIN; SELECT post(1, 12, 'never'); ROLLBACK").await;
    run(platform, WRITES).await;
    let mut seen = Vec::new();
    for member in &mut members {
        seen.push(expect_events(member).await);
    }
    assert!(seen.iter().all(|events| *events == seen[0]), "{seen:?}");
    loop {
        let changed = follower.receive_action("room_changed").await;
        assert_ne!(changed["last_message"]["text"], "never");
        if changed["last_seq"] == 4 {
            assert_eq!(changed["last_message"]["text"], "You have matched!");
            assert_eq!(changed["unread"], 1);
            break;
        }
    }
    // Somebody was away meanwhile.
    let mut late = first.chat(4).await;
    let joined = late.join_since(1, 0).await;
    assert_eq!(joined["data"]["last_seq"], 4, "{joined}");
    let replayed = late.receive().await;
    assert_eq!(replayed["data"]["text"], "You have matched!", "{replayed}");
    // Members go on behind it.
    let created = members[0].create("thank you").await;
    assert_eq!(created["data"]["seq"], 5);
    for member in &mut members[1..] {
        assert_eq!(member.receive().await, created);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn platform_writes_reach_everyone_at_two_processes() {
    let database = fresh().await;
    prepare(database.url()).await;
    let platform = Platform::connect(database.url()).await;
    let first = Program::serving(database.url()).await;
    let second = Program::serving(database.url()).await;
    expect_everyone_receives(&first, &second, &platform).await;
}

/// The database says it, also if the processes speak over NATS.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn platform_writes_reach_processes_with_nats() {
    let database = fresh().await;
    prepare(database.url()).await;
    let platform = Platform::connect(database.url()).await;
    let nats = NatsServer::start().await;
    let first = Program::start(database.url(), &[("CHAT_RELAY", &nats.url())]);
    let second = Program::start(database.url(), &[("CHAT_RELAY", &nats.url())]);
    expect_everyone_receives(&first, &second, &platform).await;
}

/// It finds what the platform wrote without any other process.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn platform_writes_reach_single_process() {
    let database = fresh().await;
    prepare(database.url()).await;
    let platform = Platform::connect(database.url()).await;
    run(&platform, PEOPLE).await;
    let only = Program::serving(database.url()).await;
    let (mut member, mut admin) = (only.joined(1, 1).await, admin(&only).await);
    run(&platform, WRITES).await;
    let events = expect_events(&mut member).await;
    assert_eq!(expect_events(&mut admin).await, events);
}

/// While the platform's transaction is open, members wait or are refused; nothing is lost.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn member_writes_after_platform_commits() {
    let database = fresh().await;
    prepare(database.url()).await;
    let platform = Platform::connect(database.url()).await;
    let only = Program::serving(database.url()).await;
    let (mut ann, mut bob) = (only.joined(1, 1).await, only.joined(2, 1).await);
    let mut transaction = platform.pool().begin().await.expect("a transaction");
    let post = "SELECT post(1, 1, 'from the platform')";
    let posted = sqlx::query(post).execute(&mut *transaction).await;
    posted.expect("a message");
    // It meets the lock of the platform, and gives up.
    ann.expect_refusal(create("too early"), 503, "unavailable")
        .await;
    let id = ann.send_action(create("from a member")).await;
    transaction.commit().await.expect("a commit");
    for client in [&mut ann, &mut bob] {
        assert_eq!(client.receive().await["data"]["text"], "from the platform");
        let second = client.receive().await;
        assert_eq!(second["data"]["seq"], 2, "{second}");
        assert_eq!(second["request_id"], id);
    }
}
