//! The platform is notified of messages for users who are not connected, over real sockets.

mod receiver;

use std::{collections::HashMap, time::Duration};

use aftermatch_test_support::{
    Authority, Database, PROGRAM_TIMEOUT, Platform, Program, Random, delete, edit, fresh, get,
    import, worlds,
};
use serde_json::{Value, json};
use tokio::time::{sleep, timeout};

use self::receiver::{Answers, Receiver};

/// The log of the process that pushes says so.
const LEADS: &str = "this process pushes messages";

/// Users 1, 2 and 3 are in one room.
fn trio() -> Value {
    worlds::many_members(3, 1)
}

async fn serving(database: &Database, receiver: &Receiver) -> Program {
    let settings = receiver.settings();
    let settings = settings.each_ref().map(|(name, value)| (*name, &**value));
    let program = Program::start(database.url(), &settings);
    program.address().await;
    program
}

/// A database with this world, and a service that pushes.
async fn pushing(world: &Value, receiver: &Receiver) -> (Database, Program) {
    let database = fresh().await;
    import(database.url(), world).await;
    let service = serving(&database, receiver).await;
    service.logs(LEADS, 1).await;
    (database, service)
}

/// Waits until a query of one number returns this one.
async fn becomes(platform: &Platform, sql: &'static str, expected: i64) {
    let same = async {
        loop {
            let found = sqlx::query_scalar::<_, i64>(sql).fetch_one(platform.pool());
            if found.await.expect("a database") == expected {
                return;
            }
            sleep(Duration::from_millis(50)).await;
        }
    };
    let same = timeout(PROGRAM_TIMEOUT, same).await;
    same.unwrap_or_else(|_| panic!("never {expected}: {sql}"));
}

/// What happens in a room while others come and go.
async fn absent_users_are_notified(service: &Program, receiver: &Receiver) {
    let mut ann = service.joined(1, 1).await;
    ann.create("both are away").await;
    let call = receiver.nth(0).await;
    assert!(call.is_signed);
    assert_eq!((call.text(), call.users()), ("both are away", vec![2, 3]));
    let message = &call.body["data"]["message"];
    assert_eq!(call.body["type"], "message.created");
    assert_eq!(call.body["timestamp"], message["created_at"]);
    assert_eq!(message["user"]["id"], 1);
    let recipient = json!({"user_id": 2, "brand_id": 102});
    assert_eq!(call.body["data"]["recipients"][0], recipient);
    let (id, place) = call.id.rsplit_once("_1_").expect("room and number");
    assert!(id.starts_with("msg_"), "{}", call.id);
    assert_eq!(place, call.seq().to_string());

    // He is connected, and follows nothing.
    let bob = service.chat(2).await;
    ann.create("one is away").await;
    let call = receiver.nth(1).await;
    assert_eq!((call.text(), call.users()), ("one is away", vec![3]));
    drop(bob);
    // Nobody needs what is deleted at once, and an edit is no message.
    let first = ann.create("a mistake").await["data"]["id"].as_i64();
    let second = ann.create("draft").await["data"]["id"].as_i64();
    ann.request(delete(&[first.expect("an id")])).await;
    ann.request(edit(second.expect("an id"), "final")).await;
    let call = receiver.nth(2).await;
    assert_eq!((call.text(), call.users()), ("final", vec![2, 3]));
    assert!(call.is_signed);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn webhook_receives_messages_for_absent_users() {
    let receiver = Receiver::start().await;
    let (_database, service) = pushing(&trio(), &receiver).await;
    absent_users_are_notified(&service, &receiver).await;
    let metrics = get(service.address().await, "/metrics").await.body;
    for line in [
        "aftermatch_webhook_requests_total{result=\"delivered\"} 3",
        "aftermatch_webhook_dead_letters 0",
        "aftermatch_webhook_oldest_seconds",
        "aftermatch_webhook_waiting_rooms",
    ] {
        assert!(metrics.contains(line), "{line}: {metrics}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn webhook_of_memory_receives_the_same() {
    let receiver = Receiver::start().await;
    let settings = receiver.settings();
    let settings = settings.each_ref().map(|(name, value)| (*name, &**value));
    let service = Program::in_memory_with(&trio(), &settings).await;
    service.logs(LEADS, 1).await;
    absent_users_are_notified(&service, &receiver).await;
}

/// The certificates of the system count.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn webhook_with_tls_is_verified() {
    let (authority, other) = (Authority::new(), Authority::new());
    let receiver = Receiver::start_tls(&authority).await;
    let settings = receiver.settings();
    for (roots, is_trusted) in [(other.file(), false), (authority.file(), true)] {
        let roots = roots.display().to_string();
        let settings = settings.each_ref().map(|(name, value)| (*name, &**value));
        let settings = [&settings[..], &[("SSL_CERT_FILE", &*roots)]].concat();
        let service = Program::in_memory_with(&trio(), &settings).await;
        service.logs(LEADS, 1).await;
        service.joined(1, 1).await.create("secret").await;
        if is_trusted {
            assert_eq!(receiver.nth(0).await.text(), "secret");
        } else {
            let log = service.logs("the webhook is away", 1).await;
            assert!(log.contains("certificate"), "{log}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_webhook_nothing_is_noted() {
    let database = fresh().await;
    import(database.url(), &trio()).await;
    let service = Program::serving(database.url()).await;
    let mut ann = service.joined(1, 1).await;
    for _ in 0..3 {
        ann.create("hello").await;
    }
    let platform = Platform::connect(database.url()).await;
    let noted = "SELECT (SELECT count(*) FROM push_state) + (SELECT count(*) FROM pushes)";
    becomes(&platform, noted, 0).await;
    let connections = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objsubid = 2
        AND database = (SELECT oid FROM pg_database WHERE datname = current_database())";
    becomes(&platform, connections, 0).await;
    let metrics = get(service.address().await, "/metrics").await.body;
    assert!(!metrics.contains("webhook"), "{metrics}");
}

/// Those who are connected elsewhere are known, and the process that is left goes on.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn second_process_takes_over() {
    let receiver = Receiver::start().await;
    let (database, first) = pushing(&trio(), &receiver).await;
    let second = serving(&database, &receiver).await;
    let mut ann = second.joined(1, 1).await;
    let _bob = second.chat(2).await;
    ann.create("one is away").await;
    let call = receiver.nth(0).await;
    assert_eq!((call.text(), call.users()), ("one is away", vec![3]));
    ann.create("while the first is killed").await;
    first.kill().await;
    second.logs(LEADS, 1).await;
    ann.create("and after").await;
    for (nth, text) in [(1, "while the first is killed"), (2, "and after")] {
        let call = receiver.nth(nth).await;
        assert_eq!((call.text(), call.users()), (text, vec![3]));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn refused_message_becomes_dead_letter() {
    let receiver = Receiver::start().await;
    receiver.answer(Answers::Status(418));
    let (database, service) = pushing(&trio(), &receiver).await;
    let platform = Platform::connect(database.url()).await;
    let mut ann = service.joined(1, 1).await;
    ann.create("never accepted").await;
    let first = receiver.nth(0).await;
    assert_eq!(receiver.nth(1).await.id, first.id);
    // A day passes.
    let day = "UPDATE messages SET created_at = created_at - interval '1 day'";
    sqlx::query(day)
        .execute(platform.pool())
        .await
        .expect("a message");
    let given_up = "SELECT count(*) FROM push_dead_letters WHERE reason LIKE '%418%'";
    becomes(&platform, given_up, 1).await;
    service.logs("it is in push_dead_letters", 1).await;
    // The room goes on.
    receiver.answer(Answers::Status(200));
    ann.create("accepted").await;
    let calls = receiver.received(|calls| calls.iter().any(|call| call.accepted));
    assert_eq!(calls.await.last().expect("a call").text(), "accepted");
    let again = "UPDATE push_dead_letters SET again = true";
    sqlx::query(again)
        .execute(platform.pool())
        .await
        .expect("a dead letter");
    becomes(&platform, "SELECT count(*) FROM push_dead_letters", 0).await;
    let calls = receiver.received(|_| true).await;
    let last = calls.last().expect("a call");
    assert_eq!((&last.id, last.accepted), (&first.id, true));
}

const ROOMS: i64 = 4;
const MESSAGES: i64 = 25;

/// The receiver is killed and answers by chance, the service is killed, and messages are
/// committed out of order: every message arrives, in the order of its room, and what comes twice
/// has the same id.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn storm_loses_nothing() {
    let mut receiver = Receiver::start().await;
    receiver.answer(Answers::ByChance);
    let world = worlds::many_members(2, ROOMS);
    let (database, service) = pushing(&world, &receiver).await;
    let platform = Platform::connect(database.url()).await;
    let writers: Vec<_> = (1..=ROOMS)
        .map(|room| tokio::spawn(write(platform.pool().clone(), room)))
        .collect();
    let mut service = Some(service);
    let mut random = Random::new();
    for round in 1..=3 {
        // Some more have arrived: it is killed in the middle of its work.
        let before = receiver.received(|_| true).await.len();
        let some = usize::try_from(5 + random.below(10)).expect("few");
        receiver
            .received(|calls| calls.len() >= before + some)
            .await;
        service.take().expect("a service").kill().await;
        receiver.kill();
        let next = serving(&database, &receiver).await;
        next.logs(LEADS, 1).await;
        if round % 2 == 1 {
            // It finds nobody for a while.
            next.logs("the webhook is away", 1).await;
        }
        receiver.start_again().await;
        service = Some(next);
    }
    for writer in writers {
        writer.await.expect("a writer");
    }
    becomes(
        &platform,
        "SELECT count(*) FROM pushes WHERE seq < last_seq",
        0,
    )
    .await;
    let all = usize::try_from(ROOMS * MESSAGES).expect("few");
    let accepted = |calls: &[receiver::Call]| {
        let accepted = calls.iter().filter(|call| call.accepted);
        let ids: std::collections::HashSet<_> = accepted.map(|call| &call.id).collect();
        ids.len()
    };
    let calls = receiver.received(|calls| accepted(calls) >= all).await;
    let mut first_arrivals: HashMap<i64, Vec<i64>> = HashMap::new();
    let mut ids = HashMap::new();
    for call in &calls {
        assert!(call.is_signed);
        let place = (call.room(), call.seq());
        match ids.insert(place, call.id.clone()) {
            Some(id) => assert_eq!(id, call.id),
            None => first_arrivals
                .entry(call.room())
                .or_default()
                .push(call.seq()),
        }
    }
    for room in 1..=ROOMS {
        let expected: Vec<_> = (1..=MESSAGES).collect();
        assert_eq!(first_arrivals[&room], expected, "room {room}");
    }
    println!("{} requests for {all} messages", calls.len());
}

/// Writes as the platform does, in transactions of different length.
async fn write(pool: sqlx::PgPool, room: i64) {
    let mut random = Random::new();
    for nth in 0..MESSAGES {
        let mut transaction = pool.begin().await.expect("a transaction");
        let post = sqlx::query("SELECT post($1, 1, $2)")
            .bind(room)
            .bind(format!("{nth}"));
        post.execute(&mut *transaction).await.expect("a message");
        sleep(Duration::from_millis(random.below(300))).await;
        transaction.commit().await.expect("a commit");
    }
}
