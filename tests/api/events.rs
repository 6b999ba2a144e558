//! The platform asks for messages for users who are not connected.

use std::time::Duration;

use aftermatch_test_support::{Database, PROGRAM_TIMEOUT, Platform, empty, get};
use serde_json::{Value, json};
use tokio::time::{sleep, timeout};

use crate::platform::{Served, on_both_stores};

const ON: [(&str, &str); 1] = [("CHAT_API_EVENTS", "on")];

/// The log of the process that pushes says so.
const LEADS: &str = "this process pushes messages to the event queue";

async fn on(database: &Database) -> Served {
    Served::on_with(database, &ON).await
}

async fn events(platform: &Served, query: &str) -> Vec<Value> {
    let path = format!("/v1/events{query}");
    let answer = platform.expect(200, "GET", &path, None).await;
    answer["events"].as_array().expect("a list").clone()
}

/// Asks until there are so many.
async fn expect_events(platform: &Served, query: &str, count: usize) -> Vec<Value> {
    let asked = async {
        loop {
            let events = events(platform, query).await;
            if events.len() >= count {
                return events;
            }
            sleep(Duration::from_millis(50)).await;
        }
    };
    let events = timeout(PROGRAM_TIMEOUT, asked).await;
    let events = events.unwrap_or_else(|_| panic!("never {count} events"));
    assert_eq!(events.len(), count, "{events:?}");
    events
}

async fn expect_metric(platform: &Served, line: &str) {
    let address = platform.program.address().await;
    let shown = async {
        while !get(address, "/metrics").await.body.contains(line) {
            sleep(Duration::from_millis(50)).await;
        }
    };
    let shown = timeout(PROGRAM_TIMEOUT, shown).await;
    shown.unwrap_or_else(|_| panic!("never {line}"));
}

fn texts(events: &[Value]) -> Vec<&str> {
    let texts = events
        .iter()
        .map(|event| event["data"]["message"]["text"].as_str());
    texts.map(|text| text.expect("a text")).collect()
}

fn after(event: &Value) -> String {
    format!("?after={}", event["number"])
}

/// Ann writes while Bob is not connected.
async fn platform_receives_what_it_asks_for(platform: &Served) {
    platform.put_usual().await;
    platform.program.logs(LEADS, 1).await;
    assert_eq!(events(platform, "").await, [] as [Value; 0]);
    let mut ann = platform.program.joined(3, 7).await;
    for text in ["one", "two", "three"] {
        ann.create(text).await;
    }
    let all = expect_events(platform, "", 3).await;
    assert_eq!(texts(&all), ["one", "two", "three"]);
    let first = &all[0];
    assert_eq!(first["type"], "message.created", "{first}");
    assert_eq!(first["data"]["room_pk"], 7, "{first}");
    let bob = json!([{"user_id": 4, "brand_id": 2}]);
    assert_eq!(first["data"]["recipients"], bob, "{first}");
    assert_eq!(first["timestamp"], first["data"]["message"]["created_at"]);
    let id = first["id"].as_str().expect("an id");
    assert!(id.starts_with("msg_") && id.ends_with("_7_1"), "{id}");
    assert!(all.is_sorted_by_key(|event| event["number"].as_i64()));
    expect_metric(platform, "aftermatch_events_waiting 3").await;

    // What was read is not dealt with.
    assert_eq!(events(platform, "").await, all);
    assert_eq!(events(platform, "?limit=1").await, all[..1]);
    let rest = format!("{}&limit=1", after(first));
    assert_eq!(events(platform, &rest).await, all[1..2]);
    assert_eq!(events(platform, "").await, all[1..]);
    let last = after(&all[2]);
    assert_eq!(events(platform, &last).await, [] as [Value; 0]);
    ann.create("four").await;
    let next = expect_events(platform, &last, 1).await;
    assert_eq!(texts(&next), ["four"]);

    let path = format!("/v1/events?after={}", i64::MAX);
    let refused = platform.expect(409, "GET", &path, None).await;
    assert_eq!(refused["error_code"], "unknown_event", "{refused}");
    assert_eq!(events(platform, "").await, next);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn events_wait_in_memory() {
    platform_receives_what_it_asks_for(&Served::in_memory_with(&ON).await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn events_wait_in_database() {
    let database = empty().await;
    platform_receives_what_it_asks_for(&on(&database).await).await;
}

/// One process pushes, and any of them answers. The one that is left goes on.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_process_has_the_same_events() {
    let database = empty().await;
    let leader = on(&database).await;
    leader.program.logs(LEADS, 1).await;
    let other = on(&database).await;
    leader.put_usual().await;
    let mut ann = other.program.joined(3, 7).await;
    ann.create("one").await;
    let one = expect_events(&other, "", 1).await;
    assert_eq!(events(&leader, "").await, one);
    assert_eq!(events(&other, &after(&one[0])).await, [] as [Value; 0]);
    for process in [&leader, &other] {
        assert_eq!(events(process, "").await, [] as [Value; 0]);
    }
    ann.create("two").await;
    leader.program.kill().await;
    other.program.logs(LEADS, 1).await;
    ann.create("three").await;
    let rest = expect_events(&other, &after(&one[0]), 2).await;
    assert_eq!(texts(&rest), ["two", "three"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn old_events_are_removed_and_counted() {
    let database = empty().await;
    let service = on(&database).await;
    service.put_usual().await;
    service.program.logs(LEADS, 1).await;
    let mut ann = service.program.joined(3, 7).await;
    for text in ["one", "two", "three"] {
        ann.create(text).await;
    }
    expect_events(&service, "", 3).await;
    let platform = Platform::connect(database.url()).await;
    let week = "UPDATE api_events SET at = at - interval '8 days' WHERE number < 3";
    let passed = sqlx::query(week).execute(platform.pool()).await;
    passed.expect("events");
    let log = service.program.logs("nobody asked for events", 1).await;
    assert!(log.contains("\"lost\":2"), "{log}");
    assert_eq!(texts(&events(&service, "").await), ["three"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn events_that_are_off_are_refused() {
    on_both_stores(async |platform| {
        for path in ["/v1/events", "/v1/events?after=7"] {
            let refused = platform.expect(404, "GET", path, None).await;
            assert_eq!(refused["error_code"], "not_found", "{refused}");
            let sentence = refused["errors"][0].as_str().expect("a sentence");
            assert!(sentence.contains("set CHAT_API_EVENTS=on"), "{sentence}");
        }
    })
    .await;
}
