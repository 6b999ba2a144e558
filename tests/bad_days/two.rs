//! Two programs share one database.

use std::collections::HashMap;

use aftermatch_testdb::{Platform, fresh};
use futures_util::future::join_all;
use serde_json::json;

use crate::{
    records::{gapless, records},
    service::{AUTHORS, Service, create, settle},
};

const MESSAGES: usize = 3;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn both_number_one_rooms_changes_without_a_gap_and_answer_everybody() {
    let database = fresh().await;
    settle(database.url()).await;
    let services = [
        Service::serving(database.url()).await,
        Service::serving(database.url()).await,
    ];
    let mut authors = Vec::new();
    for author in 1..=AUTHORS {
        let service = &services[author as usize % 2];
        authors.push((author, service.joined(author, 1).await));
    }
    // An answer waits a little for changes that could still come before it, and
    // those of the other program never do: the client's patience is the limit.
    let answered = join_all(authors.iter_mut().map(async |(author, client)| {
        let mut answered = Vec::new();
        for nth in 0..MESSAGES {
            let text = format!("message {nth} of {author}");
            let id = client.request(create(&text)).await;
            let mut frame = client.hear().await;
            while frame["request_id"] != id {
                frame = client.hear().await;
            }
            assert_eq!(frame["response_status"], 201, "{frame}");
            assert_eq!(frame["data"]["text"], text, "{frame}");
            answered.push((frame["data"]["seq"].clone(), text));
        }
        answered
    }));
    let answered: Vec<_> = answered.await.into_iter().flatten().collect();

    let platform = Platform::connect(database.url()).await;
    assert_eq!(gapless(&platform).await[0], AUTHORS * MESSAGES as i64);
    let kept = records(&platform).await.into_iter();
    let kept: HashMap<_, _> = kept.map(|kept| (kept.seq, kept.text)).collect();
    assert_eq!(kept.len(), answered.len());
    for (seq, text) in answered {
        assert_eq!(json!(kept[&seq.as_i64().expect("a number")]), json!(text));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_acts_at_once_on_what_the_platform_changed() {
    let database = fresh().await;
    settle(database.url()).await;
    let platform = Platform::connect(database.url()).await;
    for _ in 0..2 {
        let service = Service::serving(database.url()).await;
        let mut ann = service.joined(1, 2).await;
        ann.create("may I?").await;
        for (change, status) in [
            (
                "DELETE FROM participants WHERE room_id = 2 AND brand_id = 101",
                403,
            ),
            ("INSERT INTO participants VALUES (2, 101, 77)", 201),
        ] {
            let changed = sqlx::query(change).execute(platform.pool()).await;
            changed.expect("the change");
            let answer = ann.ask(create("and now?")).await;
            assert_eq!(answer["response_status"], status, "{change}: {answer}");
        }
    }
}
