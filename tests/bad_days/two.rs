//! Two programs share one database.

use std::collections::HashMap;

use aftermatch_testdb::{Platform, fresh};
use futures_util::future::join_all;
use serde_json::json;

use crate::{
    records::{gapless, records},
    service::{AUTHORS, Service, answered, create, settle},
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
    // An answer waits for the changes before it, those of the other program too:
    // the client's patience is the limit.
    let told = join_all(authors.iter_mut().map(async |(author, client)| {
        let mut told = Vec::new();
        for nth in 0..MESSAGES {
            let text = format!("message {nth} of {author}");
            let frame = answered(client, create(&text)).await;
            assert_eq!(frame["response_status"], 201, "{frame}");
            assert_eq!(frame["data"]["text"], text, "{frame}");
            told.push((frame["data"]["seq"].clone(), text));
        }
        told
    }));
    let told: Vec<_> = told.await.into_iter().flatten().collect();

    let platform = Platform::connect(database.url()).await;
    assert_eq!(gapless(&platform).await[0], AUTHORS * MESSAGES as i64);
    let kept = records(&platform).await.into_iter();
    let kept: HashMap<_, _> = kept.map(|kept| (kept.seq, kept.text)).collect();
    assert_eq!(kept.len(), told.len());
    for (seq, text) in told {
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
        let take = "DELETE FROM participants WHERE room_id = 2 AND brand_id = 101";
        let taken = sqlx::query(take).execute(platform.pool()).await;
        taken.expect("the brand is taken out");
        // What comes first: the word that the seat is gone, or the refusal.
        let asked = ann.request(create("and now?")).await;
        let frames = [ann.hear().await, ann.hear().await];
        let refused = frames.iter().find(|frame| frame["request_id"] == asked);
        let status = refused.map(|frame| frame["response_status"].clone());
        assert!(
            status == Some(json!(400)) || status == Some(json!(403)),
            "{frames:?}"
        );
        assert!(
            frames.iter().any(|frame| frame["action"] == "room_closed"),
            "{frames:?}"
        );

        let give = "INSERT INTO participants VALUES (2, 101, 77)";
        let given = sqlx::query(give).execute(platform.pool()).await;
        given.expect("the brand is put back");
        ann.join(2).await;
        ann.create("and now?").await;
    }
}
