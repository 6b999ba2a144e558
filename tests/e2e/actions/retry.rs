use aftermatch_test_support::{
    Client, Setup, create, delete, edit, on_every_store, read, response_bytes,
};
use futures_util::future::join_all;
use serde_json::{Value, json};

/// Creates a message with a client message id.
fn with_id(text: &str, client_msg_id: impl Into<Value>) -> Value {
    json!({"action": "create_message", "msg_text": text, "client_msg_id": client_msg_id.into()})
}

/// Sends a message again: the response is 200 with the message as it is.
async fn expect_duplicate(client: &mut Client, again: Value, message: &Value) {
    let response = client.request(again).await;
    assert_eq!(response["response_status"], 200, "{response}");
    assert_eq!(response["errors"], json!([]), "{response}");
    assert_eq!(response["action"], "create_message", "{response}");
    assert_eq!(&response["data"], message);
}

async fn client_msg_id_returned_to_everyone(setup: Setup) {
    let service = setup.start().await;
    let mut ann = service.joined(3, 1).await;
    let mut bob = service.joined(4, 1).await;
    let longest = "x".repeat(64);
    for (nth, name) in ["a", "A.b_c:d-9", "0", &longest].into_iter().enumerate() {
        let bytes = response_bytes(&mut ann, with_id("hi", name)).await;
        let end = format!(
            r#""has_business":true,"id":1}},"room_id":1,"client_msg_id":"{name}","seq":{}}},"action":"create_message","response_status":201,"request_id":…}}"#,
            nth + 2
        );
        assert!(bytes.ends_with(&end), "{bytes} does not end with {end}");
        assert_eq!(bob.receive().await["data"]["client_msg_id"], name);
    }
    for without_id in [create("hi"), with_id("hi", Value::Null)] {
        let event = ann.request(without_id).await;
        assert_eq!(event["response_status"], 201);
        assert_eq!(event["data"].get("client_msg_id"), None);
        assert_eq!(bob.receive().await, event);
    }
}

async fn duplicate_create_returns_first_message(setup: Setup) {
    let service = setup.start().await;
    let mut ann = service.joined(3, 1).await;
    let mut bob = service.joined(4, 1).await;
    let event = ann.request(with_id("hi", "a-1")).await;
    assert_eq!(event["response_status"], 201, "{event}");
    assert_eq!(bob.receive().await, event);
    let message = &event["data"];
    expect_duplicate(&mut ann, with_id("hi", "a-1"), message).await;
    // The same holds on another connection and later.
    let mut again = service.joined(3, 1).await;
    expect_duplicate(&mut again, with_id("hi", "a-1"), message).await;
    drop(again);
    expect_duplicate(&mut ann, with_id("hi", "a-1"), message).await;
    ann.expect_silence().await;
    bob.expect_silence().await;
    let next = ann.create("next").await;
    assert_eq!(next["data"]["seq"], 3, "a duplicate takes no event number");
    assert_eq!(bob.receive().await, next);
    expect_duplicate(&mut ann, with_id("hi", "a-1"), message).await;
    let page = read(&mut ann, json!({"after_seq": 1})).await;
    assert_eq!(page["results"][0]["client_msg_id"], "a-1");
    assert_eq!(page["results"][1].get("client_msg_id"), None);
    assert_eq!(page["results"].as_array().map(Vec::len), Some(2));
}

async fn client_msg_id_belongs_to_author_and_room(setup: Setup) {
    let service = setup.start().await;
    let mut ann = service.joined(3, 1).await;
    let mut bob = service.joined(4, 1).await;
    let mut admin = service.admin_chat(9).await;
    admin.join(1).await;
    let mut ids = Vec::new();
    for nth in 0..3 {
        let all = [&mut ann, &mut bob, &mut admin];
        let event = all[nth].request(with_id("hi", "1")).await;
        assert_eq!(event["response_status"], 201, "{event}");
        for (other, client) in all.into_iter().enumerate() {
            if other != nth {
                assert_eq!(client.receive().await, event);
            }
        }
        ids.push(event["data"]["id"].clone());
    }
    ann.join(2).await;
    let elsewhere = ann.request(with_id("hi", "1")).await;
    assert_eq!(elsewhere["response_status"], 201, "{elsewhere}");
    assert!(!ids.contains(&elsewhere["data"]["id"]));
    assert_eq!(elsewhere["data"]["seq"], 1);
    let known = admin.request(with_id("hi", "1")).await;
    assert_eq!(known["response_status"], 200, "{known}");
    assert_eq!(known["data"]["id"], ids[2]);
}

async fn client_msg_id_with_other_text_refused(setup: Setup) {
    let service = setup.start().await;
    let mut ann = service.joined(3, 1).await;
    let mut bob = service.joined(4, 1).await;
    let mut message = ann.request(with_id("hi", "a-1")).await["data"].clone();
    bob.receive().await;
    for other in ["ho", "hi ", "Hi", "h"] {
        let again = with_id(other, "a-1");
        ann.expect_refusal(again, 409, "client_msg_id_taken").await;
    }
    let id = message["id"].as_i64().expect("an id");
    for text in ["ho", "hey"] {
        ann.request(edit(id, text)).await;
        bob.receive().await;
        message["text"] = json!(text);
        expect_duplicate(&mut ann, with_id("hi", "a-1"), &message).await;
        let again = with_id(text, "a-1");
        ann.expect_refusal(again, 409, "client_msg_id_taken").await;
    }
    ann.request(delete(&[id])).await;
    bob.receive().await;
    for text in ["hi", "hey", "anything"] {
        let again = with_id(text, "a-1");
        ann.expect_refusal(again, 409, "client_msg_id_taken").await;
    }
    bob.expect_silence().await;
    assert_eq!(ann.create("next").await["data"]["seq"], 6);
}

async fn client_msg_id_malformed_refused(setup: Setup) {
    let service = setup.start().await;
    let mut ann = service.joined(3, 1).await;
    let mut bob = service.joined(4, 1).await;
    let longer = "x".repeat(65);
    for bad in [
        "", " ", "a b", "a/b", "ж", "a\n", "a\0", "%41", "a,b", "🦀", &longer,
    ] {
        ann.send_text(&with_id_and_request_7("hi", &json!(bad)))
            .await;
        let refused = ann.receive().await;
        assert_eq!(refused["response_status"], 400, "{bad:?}: {refused}");
        assert_eq!(refused["error_code"], "invalid_client_msg_id", "{bad:?}");
        expect_named(&refused);
    }
    for bad in [
        json!(1),
        json!(true),
        json!(["a"]),
        json!({"a": "b"}),
        json!(1.5),
    ] {
        ann.send_text(&with_id_and_request_7("hi", &bad)).await;
        let refused = ann.receive().await;
        assert_eq!(refused["response_status"], 400, "{bad}: {refused}");
        assert_eq!(refused["error_code"], "invalid_parameter", "{bad}");
        expect_named(&refused);
    }
    bob.expect_silence().await;
}

fn with_id_and_request_7(text: &str, client_msg_id: &Value) -> String {
    let mut request = with_id(text, client_msg_id.clone());
    request["request_id"] = json!(7);
    request.to_string()
}

fn expect_named(refused: &Value) {
    let sentence = refused["errors"][0].as_str().expect("a sentence");
    assert!(sentence.contains("`client_msg_id`"), "{sentence}");
}

async fn duplicate_create_still_needs_right(setup: Setup) {
    let service = setup.start().await;
    let mut ann = service.chat(3).await;
    ann.expect_refusal(with_id("hi", "a-1"), 400, "not_in_room")
        .await;
    ann.join(1).await;
    let event = ann.request(with_id("hi", "a-1")).await;
    ann.expect_refusal(with_id(" ", "a-1"), 400, "text_blank")
        .await;
    ann.request(json!({"action": "leave_room"})).await;
    ann.expect_refusal(with_id("hi", "a-1"), 400, "not_in_room")
        .await;
    ann.join(1).await;
    expect_duplicate(&mut ann, with_id("hi", "a-1"), &event["data"]).await;
}

async fn fifty_simultaneous_duplicates_create_one_message(setup: Setup) {
    let service = setup.start().await;
    let mut bob = service.joined(4, 1).await;
    let mut authors = join_all((0..50).map(|_| service.joined(3, 1))).await;
    let sent = authors.iter_mut().map(async |author| {
        let id = author.send_action(with_id("hi", "a-1")).await;
        (author, id)
    });
    let responses = join_all(join_all(sent).await.into_iter().map(async |(author, id)| {
        let (mut event, mut response) = (Vec::new(), None);
        // Its own response, and the event of the message unless that is the response.
        while response.is_none() || (event.is_empty() && response != Some(201)) {
            let frame = author.receive().await;
            let status = frame["response_status"].as_u64();
            if frame["request_id"] == id {
                response = status;
            } else {
                assert_eq!(status, Some(201), "{frame}");
                event.push(frame.clone());
            }
            assert_eq!(frame["data"]["seq"], 2, "{frame}");
        }
        author.expect_silence().await;
        response
    }));
    let statuses = responses.await;
    let created = statuses.iter().filter(|status| **status == Some(201));
    assert_eq!(created.count(), 1);
    let known = statuses.iter().filter(|status| **status == Some(200));
    assert_eq!(known.count(), 49);
    assert_eq!(bob.receive().await["response_status"], 201);
    bob.expect_silence().await;
    assert_eq!(bob.create("next").await["data"]["seq"], 3);
}

on_every_store!(
    client_msg_id_returned_to_everyone,
    duplicate_create_returns_first_message,
    client_msg_id_belongs_to_author_and_room,
    client_msg_id_with_other_text_refused,
    client_msg_id_malformed_refused,
    duplicate_create_still_needs_right,
    fifty_simultaneous_duplicates_create_one_message,
);
