use aftermatch_test_support::{Client, Setup, delete, on_every_store, read, written};
use serde_json::{Value, json};

/// Deletes the messages `to_delete` one by one, then creates and deletes messages until the
/// future is dropped.
async fn create_and_delete(mut client: Client, to_delete: Vec<i64>) {
    for gone in to_delete {
        written(&mut client, "passing").await;
        client.request(delete(&[gone])).await;
    }
    loop {
        let gone = written(&mut client, "passing").await;
        client.request(delete(&[gone])).await;
    }
}

async fn history_pages_stable_during_writes(setup: Setup) {
    let service = setup.start().await;
    let mut ann = service.joined(3, 1).await;
    let (mut remaining, mut to_delete) = (vec![1], Vec::new());
    for _ in 0..30 {
        to_delete.push(written(&mut ann, "gone soon").await);
        remaining.push(written(&mut ann, "lasting").await);
    }
    let last = remaining[30];
    let is_remaining = |id: &i64| remaining.contains(id);
    let mut reader = service.joined(4, 1).await;
    let begin = read(&mut reader, json!({})).await["last_seq"].as_i64();
    let reading = async {
        for limit in [1, 4, 100] {
            let mut backwards = Vec::new();
            let mut next = json!(begin.map(|last| last + 1));
            while next != Value::Null {
                let query = json!({"before_seq": next, "limit": limit});
                let page = read_amid(&mut reader, query).await;
                backwards.splice(0..0, ids(&page).into_iter().filter(is_remaining));
                next = page["next_before_seq"].clone();
            }
            assert_eq!(backwards, remaining, "{limit}");
            let (mut forwards, mut next) = (Vec::new(), json!(0));
            while !forwards.contains(&last) {
                let query = json!({"after_seq": next, "limit": limit});
                let page = read_amid(&mut reader, query).await;
                forwards.extend(ids(&page).into_iter().filter(is_remaining));
                next = page["next_after_seq"].clone();
            }
            assert_eq!(forwards, remaining, "{limit}");
        }
    };
    tokio::select! {
        () = create_and_delete(ann, to_delete) => {}
        () = reading => {}
    }
}

fn ids(page: &Value) -> Vec<i64> {
    let messages = page["results"].as_array().expect("a list").iter();
    let ids = messages.map(|message| message["id"].as_i64().expect("an id"));
    ids.collect()
}

/// What a client reads while it receives events of others.
async fn read_amid(client: &mut Client, mut parameters: Value) -> Value {
    parameters["action"] = "get_room_messages".into();
    client.request_amid_events(parameters).await["data"].clone()
}

on_every_store!(history_pages_stable_during_writes);
