use futures_util::future::join_all;
use serde_json::{Value, json};

use super::{answer_bytes, create, delete, edit};
use crate::harness::{Client, Setup, on_every_store, read};

fn named(text: &str, name: impl Into<Value>) -> Value {
    json!({"action": "create_message", "msg_text": text, "client_msg_id": name.into()})
}

/// Sends a message again: it is answered with 200, and `message` is what it is.
async fn is_known(client: &mut Client, again: Value, message: &Value) {
    let answer = client.ask(again).await;
    assert_eq!(answer["response_status"], 200, "{answer}");
    assert_eq!(answer["errors"], json!([]), "{answer}");
    assert_eq!(answer["action"], "create_message", "{answer}");
    assert_eq!(&answer["data"], message);
}

async fn a_name_is_given_back_to_everyone_where_it_was_given(setup: Setup) {
    let service = setup.start().await;
    let mut ann = service.joined(3, 1).await;
    let mut bob = service.joined(4, 1).await;
    let longest = "x".repeat(64);
    for (nth, name) in ["a", "A.b_c:d-9", "0", &longest].into_iter().enumerate() {
        let bytes = answer_bytes(&mut ann, named("hi", name)).await;
        let end = format!(
            r#""has_business":true}},"client_msg_id":"{name}","seq":{}}},"action":"create_message","response_status":201,"request_id":…}}"#,
            nth + 2
        );
        assert!(bytes.ends_with(&end), "{bytes} does not end with {end}");
        assert_eq!(bob.hear().await["data"]["client_msg_id"], name);
    }
    for unnamed in [create("hi"), named("hi", Value::Null)] {
        let told = ann.ask(unnamed).await;
        assert_eq!(told["response_status"], 201);
        assert_eq!(told["data"].get("client_msg_id"), None);
        assert_eq!(bob.hear().await, told);
    }
}

async fn the_same_again_is_one_message_and_told_once(setup: Setup) {
    let service = setup.start().await;
    let mut ann = service.joined(3, 1).await;
    let mut bob = service.joined(4, 1).await;
    let told = ann.ask(named("hi", "a-1")).await;
    assert_eq!(told["response_status"], 201, "{told}");
    assert_eq!(bob.hear().await, told);
    let message = &told["data"];
    is_known(&mut ann, named("hi", "a-1"), message).await;
    // On any connection and later, too.
    let mut again = service.joined(3, 1).await;
    is_known(&mut again, named("hi", "a-1"), message).await;
    drop(again);
    is_known(&mut ann, named("hi", "a-1"), message).await;
    ann.hears_nothing().await;
    bob.hears_nothing().await;
    let next = ann.create("next").await;
    assert_eq!(next["data"]["seq"], 3, "what is known takes no number");
    assert_eq!(bob.hear().await, next);
    is_known(&mut ann, named("hi", "a-1"), message).await;
    let page = read(&mut ann, json!({"after_seq": 1})).await;
    assert_eq!(page["results"][0]["client_msg_id"], "a-1");
    assert_eq!(page["results"][1].get("client_msg_id"), None);
    assert_eq!(page["results"].as_array().map(Vec::len), Some(2));
}

async fn a_name_is_one_authors_in_one_room(setup: Setup) {
    let service = setup.start().await;
    let mut ann = service.joined(3, 1).await;
    let mut bob = service.joined(4, 1).await;
    let mut boss = service.admin_chat(9).await;
    boss.join(1).await;
    let mut ids = Vec::new();
    for nth in 0..3 {
        let all = [&mut ann, &mut bob, &mut boss];
        let told = all[nth].ask(named("hi", "1")).await;
        assert_eq!(told["response_status"], 201, "{told}");
        for (other, client) in all.into_iter().enumerate() {
            if other != nth {
                assert_eq!(client.hear().await, told);
            }
        }
        ids.push(told["data"]["id"].clone());
    }
    ann.join(2).await;
    let elsewhere = ann.ask(named("hi", "1")).await;
    assert_eq!(elsewhere["response_status"], 201, "{elsewhere}");
    assert!(!ids.contains(&elsewhere["data"]["id"]));
    assert_eq!(elsewhere["data"]["seq"], 1);
    let known = boss.ask(named("hi", "1")).await;
    assert_eq!(known["response_status"], 200, "{known}");
    assert_eq!(known["data"]["id"], ids[2]);
}

async fn a_name_belongs_to_its_first_text(setup: Setup) {
    let service = setup.start().await;
    let mut ann = service.joined(3, 1).await;
    let mut bob = service.joined(4, 1).await;
    let mut message = ann.ask(named("hi", "a-1")).await["data"].clone();
    bob.hear().await;
    for other in ["ho", "hi ", "Hi", "h"] {
        let again = named(other, "a-1");
        ann.refused(again, 409, "client_msg_id_taken").await;
    }
    let id = message["id"].as_i64().expect("an id");
    for text in ["ho", "hey"] {
        ann.ask(edit(id, text)).await;
        bob.hear().await;
        message["text"] = json!(text);
        is_known(&mut ann, named("hi", "a-1"), &message).await;
        let again = named(text, "a-1");
        ann.refused(again, 409, "client_msg_id_taken").await;
    }
    ann.ask(delete(&[id])).await;
    bob.hear().await;
    for text in ["hi", "hey", "anything"] {
        let again = named(text, "a-1");
        ann.refused(again, 409, "client_msg_id_taken").await;
    }
    bob.hears_nothing().await;
    assert_eq!(ann.create("next").await["data"]["seq"], 6);
}

async fn a_name_is_short_and_plain(setup: Setup) {
    let service = setup.start().await;
    let mut ann = service.joined(3, 1).await;
    let mut bob = service.joined(4, 1).await;
    let longer = "x".repeat(65);
    for bad in [
        "", " ", "a b", "a/b", "ж", "a\n", "a\0", "%41", "a,b", "🦀", &longer,
    ] {
        ann.send_text(&named_with_7("hi", &json!(bad))).await;
        let refused = ann.hear().await;
        assert_eq!(refused["response_status"], 400, "{bad:?}: {refused}");
        assert_eq!(refused["error_code"], "invalid_client_msg_id", "{bad:?}");
        names_it(&refused);
    }
    for bad in [
        json!(1),
        json!(true),
        json!(["a"]),
        json!({"a": "b"}),
        json!(1.5),
    ] {
        ann.send_text(&named_with_7("hi", &bad)).await;
        let refused = ann.hear().await;
        assert_eq!(refused["response_status"], 400, "{bad}: {refused}");
        assert_eq!(refused["error_code"], "invalid_parameter", "{bad}");
        names_it(&refused);
    }
    bob.hears_nothing().await;
}

fn named_with_7(text: &str, name: &Value) -> String {
    let mut request = named(text, name.clone());
    request["request_id"] = json!(7);
    request.to_string()
}

fn names_it(refused: &Value) {
    let sentence = refused["errors"][0].as_str().expect("a sentence");
    assert!(sentence.contains("`client_msg_id`"), "{sentence}");
}

async fn what_is_sent_again_is_judged_as_if_it_were_new(setup: Setup) {
    let service = setup.start().await;
    let mut ann = service.chat(3).await;
    ann.refused(named("hi", "a-1"), 400, "not_in_room").await;
    ann.join(1).await;
    let told = ann.ask(named("hi", "a-1")).await;
    ann.refused(named(" ", "a-1"), 400, "text_blank").await;
    ann.ask(json!({"action": "leave_room"})).await;
    ann.refused(named("hi", "a-1"), 400, "not_in_room").await;
    ann.join(1).await;
    is_known(&mut ann, named("hi", "a-1"), &told["data"]).await;
}

async fn fifty_at_once_are_one_message(setup: Setup) {
    let service = setup.start().await;
    let mut bob = service.joined(4, 1).await;
    let mut authors = join_all((0..50).map(|_| service.joined(3, 1))).await;
    let sent = authors.iter_mut().map(async |author| {
        let id = author.request(named("hi", "a-1")).await;
        (author, id)
    });
    let heard = join_all(join_all(sent).await.into_iter().map(async |(author, id)| {
        let (mut told, mut answer) = (Vec::new(), None);
        // Its own answer, and the word of the others unless that is the answer.
        while answer.is_none() || (told.is_empty() && answer != Some(201)) {
            let frame = author.hear().await;
            let status = frame["response_status"].as_u64();
            if frame["request_id"] == id {
                answer = status;
            } else {
                assert_eq!(status, Some(201), "{frame}");
                told.push(frame.clone());
            }
            assert_eq!(frame["data"]["seq"], 2, "{frame}");
        }
        author.hears_nothing().await;
        answer
    }));
    let answers = heard.await;
    let created = answers.iter().filter(|status| **status == Some(201));
    assert_eq!(created.count(), 1);
    let known = answers.iter().filter(|status| **status == Some(200));
    assert_eq!(known.count(), 49);
    assert_eq!(bob.hear().await["response_status"], 201);
    bob.hears_nothing().await;
    assert_eq!(bob.create("next").await["data"]["seq"], 3);
}

on_every_store!(
    a_name_is_given_back_to_everyone_where_it_was_given,
    the_same_again_is_one_message_and_told_once,
    a_name_is_one_authors_in_one_room,
    a_name_belongs_to_its_first_text,
    a_name_is_short_and_plain,
    what_is_sent_again_is_judged_as_if_it_were_new,
    fifty_at_once_are_one_message,
);
