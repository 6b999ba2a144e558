//! Messages with attachments, at two processes that share one database.

use aftermatch_test_support::{
    ATTACHMENT_SECRET, Program, attachment, delete, edit, file_with, fresh,
};
use serde_json::{Value, json};

use crate::world::prepare;

/// Ten of the largest, beyond what a notification holds, and then one that fits.
fn messages() -> [Vec<Value>; 2] {
    let largest = (0..10).map(|nth| {
        let mut largest = attachment(1, &nth.to_string());
        largest["name"] = json!("x".repeat(4_000));
        largest
    });
    [largest.collect(), vec![attachment(1, "small\n")]]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn attachments_reach_the_other_process_whole() {
    let database = fresh().await;
    prepare(database.url()).await;
    let secret = file_with(ATTACHMENT_SECRET);
    let path = secret.path().display().to_string();
    let settings = [("CHAT_ATTACHMENT_SECRET_FILE", &*path)];
    let first = Program::start(database.url(), &settings);
    // Reading and passing on needs no setting.
    let second = Program::serving(database.url()).await;
    first.address().await;
    let mut ann = first.joined(1, 1).await;
    let mut bob = second.joined(2, 1).await;
    let mut cat = second.chat(3).await;
    cat.request(json!({"action": "follow", "rooms": true}))
        .await;

    let mut sent = Vec::new();
    for attachments in messages() {
        let count = attachments.len();
        let create = json!({"action": "create_message", "attachments": attachments});
        let created = ann.request(create).await;
        assert_eq!(created["response_status"], 201, "{created}");
        let shown = &created["data"]["attachments"];
        assert_eq!(shown.as_array().map(Vec::len), Some(count));
        assert_eq!(bob.receive().await, created);
        let changed = cat.receive_action("room_changed").await;
        assert_eq!(&changed["last_message"]["attachments"], shown);
        sent.push(created["data"].clone());
    }
    let edited = ann.request(edit(sent[0]["id"].clone(), "a text")).await;
    assert_eq!(bob.receive().await, edited);

    let mut dan = second.chat(4).await;
    dan.join_since(1, 0).await;
    for (created, text) in sent.iter().zip(["a text", ""]) {
        let replayed = dan.receive().await["data"].take();
        assert_eq!(replayed["attachments"], created["attachments"]);
        assert_eq!(replayed["text"], text);
    }
    let id = sent[1]["id"].as_i64().expect("a number");
    let deleted = ann.request(delete(&[id])).await;
    assert_eq!(bob.receive().await, deleted);
}
