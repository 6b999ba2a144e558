use serde_json::{Value, json};

use crate::harness::{Client, Setup, delete, on_every_store, read, written};

/// Deletes `doomed` one by one, and then writes and deletes until it is dropped.
async fn come_and_go(mut client: Client, doomed: Vec<i64>) {
    for gone in doomed {
        written(&mut client, "passing").await;
        client.ask(delete(&[gone])).await;
    }
    loop {
        let gone = written(&mut client, "passing").await;
        client.ask(delete(&[gone])).await;
    }
}

async fn reading_goes_on_where_it_was_while_others_write(setup: Setup) {
    let service = setup.start().await;
    let mut ann = service.joined(3, 1).await;
    let (mut kept, mut doomed) = (vec![1], Vec::new());
    for _ in 0..30 {
        doomed.push(written(&mut ann, "gone soon").await);
        kept.push(written(&mut ann, "kept").await);
    }
    let last = kept[30];
    let is_kept = |id: &i64| kept.contains(id);
    let mut reader = service.joined(4, 1).await;
    let begin = read(&mut reader, json!({})).await["last_seq"].as_i64();
    let reading = async {
        for limit in [1, 4, 100] {
            let mut backwards = Vec::new();
            let mut next = json!(begin.map(|last| last + 1));
            while next != Value::Null {
                let asked = json!({"before_seq": next, "limit": limit});
                let page = read_amid(&mut reader, asked).await;
                backwards.splice(0..0, ids(&page).into_iter().filter(is_kept));
                next = page["next_before_seq"].clone();
            }
            assert_eq!(backwards, kept, "{limit}");
            let (mut forwards, mut next) = (Vec::new(), json!(0));
            while !forwards.contains(&last) {
                let asked = json!({"after_seq": next, "limit": limit});
                let page = read_amid(&mut reader, asked).await;
                forwards.extend(ids(&page).into_iter().filter(is_kept));
                next = page["next_after_seq"].clone();
            }
            assert_eq!(forwards, kept, "{limit}");
        }
    };
    tokio::select! {
        () = come_and_go(ann, doomed) => {}
        () = reading => {}
    }
}

fn ids(page: &Value) -> Vec<i64> {
    let messages = page["results"].as_array().expect("a list").iter();
    let ids = messages.map(|message| message["id"].as_i64().expect("an id"));
    ids.collect()
}

/// What a client reads that hears what others write meanwhile.
async fn read_amid(client: &mut Client, mut parameters: Value) -> Value {
    parameters["action"] = "get_room_messages".into();
    client.ask_amid(parameters).await["data"].clone()
}

on_every_store!(reading_goes_on_where_it_was_while_others_write);
