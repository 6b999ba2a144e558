//! Two processes share one database.

use std::collections::HashMap;

use aftermatch_test_support::{Platform, Program, create, fresh};
use futures_util::future::join_all;
use serde_json::json;

use crate::{
    records::{gapless, records},
    world::{AUTHORS, prepare},
};

const MESSAGES: usize = 3;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_processes_number_events_without_gap() {
    let database = fresh().await;
    prepare(database.url()).await;
    let services = [
        Program::serving(database.url()).await,
        Program::serving(database.url()).await,
    ];
    let mut authors = Vec::new();
    for author in 1..=AUTHORS {
        let service = &services[author as usize % 2];
        authors.push((author, service.joined(author, 1).await));
    }
    // A response waits for the events before it, those of the other process included. The
    // client's time limit is the bound.
    let created = join_all(authors.iter_mut().map(async |(author, client)| {
        let mut created = Vec::new();
        for nth in 0..MESSAGES {
            let text = format!("message {nth} of {author}");
            let frame = client.request_amid_events(create(&text)).await;
            assert_eq!(frame["response_status"], 201, "{frame}");
            assert_eq!(frame["data"]["text"], text, "{frame}");
            created.push((frame["data"]["seq"].clone(), text));
        }
        created
    }));
    let created: Vec<_> = created.await.into_iter().flatten().collect();

    let platform = Platform::connect(database.url()).await;
    assert_eq!(gapless(&platform).await[0], AUTHORS * MESSAGES as i64);
    let stored = records(&platform).await.into_iter();
    let stored: HashMap<_, _> = stored.map(|stored| (stored.seq, stored.text)).collect();
    assert_eq!(stored.len(), created.len());
    for (seq, text) in created {
        assert_eq!(json!(stored[&seq.as_i64().expect("a number")]), json!(text));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn both_processes_apply_platform_changes_immediately() {
    let database = fresh().await;
    prepare(database.url()).await;
    let platform = Platform::connect(database.url()).await;
    for _ in 0..2 {
        let service = Program::serving(database.url()).await;
        let mut ann = service.joined(1, 2).await;
        ann.create("may I?").await;
        let take = "DELETE FROM participants WHERE room_id = 2 AND brand_id = 101";
        let taken = sqlx::query(take).execute(platform.pool()).await;
        taken.expect("the brand is taken out");
        // Either frame may come first: the eviction, or the refusal.
        let id = ann.send_action(create("and now?")).await;
        let frames = [ann.receive().await, ann.receive().await];
        let refused = frames.iter().find(|frame| frame["request_id"] == id);
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
