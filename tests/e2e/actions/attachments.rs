use aftermatch_test_support::{
    Setup, attachment, create, delete, edit, on_every_store, read, response_bytes,
};
use serde_json::{Value, json};

fn with(text: &str, attachments: &[Value]) -> Value {
    json!({"action": "create_message", "msg_text": text, "attachments": attachments})
}

fn history_of(id: &Value) -> Value {
    json!({"action": "get_message_history", "msg_id": id})
}

/// As it is passed on.
fn unsigned(mut attachment: Value) -> Value {
    attachment
        .as_object_mut()
        .expect("an object")
        .remove("signature");
    attachment
}

async fn attachments_reach_everyone_as_written(setup: Setup) {
    let service = setup.attachments().start().await;
    let mut ann = service.joined(3, 1).await;
    let mut bob = service.joined(4, 1).await;
    let mut lean = service.chat(4).await;
    let join = json!({"action": "join_room", "room_pk": 1, "lean": true});
    lean.request(join).await;
    let signature = &attachment(3, "f")["signature"];
    let request = format!(
        r#"{{"action":"create_message","request_id":7,"attachments":[{{"z" : 1.50e3, "signature":{signature},"id":"f","a":[ {{}} ]}}]}}"#
    );
    ann.send_text(&request).await;
    let end = r#""room_id":1,"seq":2,"attachments":[{"z":1.50e3,"id":"f","a":[ {} ]}]},"action":"create_message","response_status":201,"request_id":7}"#;
    for client in [&mut ann, &mut bob, &mut lean] {
        let frame = client.receive_text().await;
        assert!(frame.contains(r#","text":"","user":"#), "{frame}");
        assert!(frame.ends_with(end), "{frame}");
    }
    // Without attachments every byte is as ever.
    for none in [
        create("hi"),
        with("hi", &[]),
        json!({"action": "create_message", "msg_text": "hi", "attachments": null}),
    ] {
        let frame = response_bytes(&mut ann, none).await;
        assert!(!frame.contains("attachments"), "{frame}");
    }
}

async fn attachments_are_read_back_everywhere(setup: Setup) {
    let service = setup.attachments().start().await;
    let mut ann = service.joined(3, 1).await;
    let given = [attachment(3, "a"), attachment(3, "b")];
    let expected = json!(given.clone().map(unsigned));
    let mut first = with("red", &given);
    first["client_msg_id"] = json!("a-1");
    let created = ann.request(first.clone()).await["data"].take();
    assert_eq!(created["attachments"], expected);

    let repeated = ann.request(first.clone()).await;
    assert_eq!(repeated["response_status"], 200);
    assert_eq!(repeated["data"], created);
    first["attachments"] = json!([given[0]]);
    ann.expect_refusal(first, 409, "client_msg_id_taken").await;

    for query in [json!({}), json!({"page": 1})] {
        let page = read(&mut ann, query).await;
        let shown = page["results"].as_array().expect("messages").iter();
        let shown: Vec<_> = shown.filter(|each| each["id"] == created["id"]).collect();
        assert_eq!(shown[0]["attachments"], expected);
    }
    let search = json!({"action": "search_messages", "text": "red"});
    let found = ann.request(search).await;
    assert_eq!(found["data"]["results"][0]["attachments"], expected);
    let listed = ann.request(json!({"action": "list"})).await;
    assert_eq!(listed["data"][0]["last_message"]["attachments"], expected);
    let mut bob = service.chat(4).await;
    bob.join_since(1, 1).await;
    let replayed = bob.receive().await;
    assert_eq!(replayed["data"]["attachments"], expected);
    assert_eq!(replayed["replay"], true);
    let edited = ann.request(edit(created["id"].clone(), "")).await;
    assert_eq!(edited["data"]["message_text"], "");
    assert_eq!(edited["data"].get("attachments"), None);
    let page = read(&mut ann, json!({})).await;
    let last = page["results"].as_array().and_then(|all| all.last());
    assert_eq!(last.expect("a message")["attachments"], expected);
}

async fn followers_receive_attachments(setup: Setup) {
    let service = setup.attachments().start().await;
    let mut bob = service.chat(4).await;
    let follow = bob
        .request(json!({"action": "follow", "rooms": true}))
        .await;
    assert_eq!(follow["data"]["limits"]["attachments"], 10);
    let mut ann = service.joined(3, 1).await;
    for nth in ["a", "b"] {
        ann.request(with("", &[attachment(3, nth)])).await;
        let changed = bob.receive_action("room_changed").await;
        assert_eq!(changed["last_message"]["attachments"][0]["id"], nth);
    }
}

async fn deleted_attachments_are_for_administrators(setup: Setup) {
    let service = setup.attachments().start().await;
    let mut ann = service.joined(3, 1).await;
    let created = ann.request(with("", &[attachment(3, "a")])).await;
    let id = created["data"]["id"].clone();
    ann.request(delete(&[id.as_i64().expect("a number")])).await;
    let page = read(&mut ann, json!({})).await.to_string();
    assert!(!page.contains("attachments"), "{page}");

    let mut admin = service.admin_joined(9, 1).await;
    let past = admin.request(history_of(&id)).await["data"].take();
    let expected = json!([unsigned(attachment(3, "a"))]);
    assert_eq!(past["attachments"], expected, "{past}");
    assert_eq!(past["results"][0]["text"], "");
    assert_eq!(past["results"][1]["kind"], "deleted");
    let plain = admin.request(history_of(&json!(1))).await["data"].take();
    assert_eq!(plain.get("attachments"), None);
}

async fn wrong_attachments_are_refused_and_named(setup: Setup) {
    let service = setup.attachments().start().await;
    let mut ann = service.joined(3, 1).await;
    let mut bob = service.joined(4, 1).await;
    let many: Vec<_> = (0..11).map(|nth| attachment(3, &nth.to_string())).collect();
    let (good, of_bob) = (attachment(3, "a"), attachment(4, "a"));
    let mut other_id = good.clone();
    other_id["id"] = json!("b");
    let mut deep = json!(1);
    for _ in 0..200 {
        deep = json!([deep]);
    }
    for (attachments, part) in [
        (json!("a"), "`attachments` is a string"),
        (json!([1]), "`attachments[0]` is a number"),
        (
            json!([good, {"id": "b"}]),
            "`attachments[1].signature` is missing",
        ),
        (json!([good, of_bob]), "`attachments[1]` has the same `id`"),
        (
            json!([of_bob]),
            "`attachments[0]` has a `signature` that is not the platform's",
        ),
        (
            json!([good, other_id]),
            "`attachments[1]` has a `signature` that is not",
        ),
        (json!(many), "`attachments` has 11 objects: at most 10"),
        (
            json!([{"id": "a", "signature": "s", "deep": deep}]),
            "`attachments[0]` cannot be read",
        ),
    ] {
        let mut request = create("hi");
        request["attachments"] = attachments;
        let refused = ann.request(request).await;
        assert_eq!(refused["response_status"], 400, "{refused}");
        assert_eq!(refused["error_code"], "invalid_attachment", "{refused}");
        let sentence = refused["errors"][0].as_str().expect("a sentence");
        assert!(sentence.starts_with(part), "{sentence}");
    }
    ann.expect_refusal(with("", &[]), 400, "text_blank").await;
    ann.expect_refusal(
        json!({"action": "create_message"}),
        400,
        "invalid_parameter",
    )
    .await;
    ann.expect_silence().await;
    bob.expect_silence().await;
}

async fn attachments_without_setting_are_refused(setup: Setup) {
    let service = setup.start().await;
    let mut ann = service.joined(3, 1).await;
    let refused = ann.request(with("hi", &[attachment(3, "a")])).await;
    assert_eq!(refused["error_code"], "invalid_attachment", "{refused}");
    let sentence = refused["errors"][0].as_str().expect("a sentence");
    assert!(sentence.contains("takes no attachments"), "{sentence}");
    let created = ann.request(with("hi", &[])).await;
    assert_eq!(created["response_status"], 201, "{created}");
}

/// Many of the largest messages that there can be, more than are in memory at a time.
async fn largest_attachments_arrive_whole(setup: Setup) {
    let service = setup.attachments().start().await;
    let mut ann = service.joined(3, 1).await;
    let largest: Vec<_> = (0..10)
        .map(|nth| {
            let mut attachment = attachment(3, &nth.to_string());
            attachment["name"] = json!("x".repeat(4_096 - r#"{"id":"0","name":""}"#.len()));
            attachment
        })
        .collect();
    for _ in 0..20 {
        let created = ann.request(with("", &largest)).await;
        assert_eq!(created["response_status"], 201);
    }
    let page = read(&mut ann, json!({"after_seq": 1, "limit": 100})).await;
    let shown = page["results"].as_array().expect("messages");
    assert_eq!(shown.len(), 20);
    for message in shown {
        assert_eq!(message["attachments"].as_array().map(Vec::len), Some(10));
    }
    let mut bob = service.chat(4).await;
    let joined = bob.join_since(1, 1).await;
    assert_eq!(joined["data"]["resumed"], true);
    for seq in 2..=21 {
        let replayed = bob.receive().await["data"].take();
        assert_eq!(replayed["seq"], seq);
        assert_eq!(replayed["attachments"].as_array().map(Vec::len), Some(10));
    }
    bob.expect_silence().await;
}

on_every_store!(
    attachments_reach_everyone_as_written,
    attachments_are_read_back_everywhere,
    followers_receive_attachments,
    deleted_attachments_are_for_administrators,
    wrong_attachments_are_refused_and_named,
    attachments_without_setting_are_refused,
    largest_attachments_arrive_whole,
);
