use aftermatch_test_support::{
    Client, Setup, create, delete, edit, on_every_store, response_bytes, written,
};
use serde_json::{Value, json};

/// The `data` of `search_messages` with these parameters.
async fn search(client: &mut Client, mut parameters: Value) -> Value {
    parameters["action"] = "search_messages".into();
    let response = client.request(parameters).await;
    assert_eq!(response["response_status"], 200, "{response}");
    response["data"].clone()
}

/// The numbers of the messages in the response.
fn seqs(found: &Value) -> Vec<i64> {
    let results = found["results"].as_array().expect("a list").iter();
    results
        .map(|message| message["seq"].as_i64().expect("a number"))
        .collect()
}

async fn search_finds_words_newest_first(setup: Setup) {
    let service = setup.start().await;
    let mut ann = service.joined(3, 1).await;
    let mut admin = service.admin_chat(9).await;
    admin.join(1).await;
    for text in ["Привет, Bob! Hello.", "help", "HELLO from a.b@c.de"] {
        ann.create(text).await;
        admin.receive().await;
    }
    for (text, expected) in [
        ("hello", &[4, 2, 1][..]),
        ("Bob hello", &[2]),
        ("ПРИВЕТ", &[2]),
        ("c.de", &[4]),
        ("hell", &[]),
        ("hello help", &[]),
    ] {
        for client in [&mut ann, &mut admin] {
            let found = search(client, json!({"text": text})).await;
            assert_eq!(seqs(&found), expected, "{text}");
            assert_eq!(found["next_before_seq"], Value::Null, "{text}");
            assert_eq!(found["last_seq"], 4, "{text}");
        }
    }
    ann.join(2).await;
    let found = search(&mut ann, json!({"text": "hello"})).await;
    let nothing = json!({"results": [], "next_before_seq": null, "last_seq": 0});
    assert_eq!(found, nothing);
}

async fn search_finds_new_text_never_deleted(setup: Setup) {
    let service = setup.start().await;
    let mut ann = service.joined(3, 1).await;
    let second = written(&mut ann, "red").await;
    let third = written(&mut ann, "red").await;
    ann.request(edit(second, "blue")).await;
    for (text, expected) in [("red", &[3][..]), ("blue", &[2])] {
        let found = search(&mut ann, json!({"text": text})).await;
        assert_eq!(seqs(&found), expected, "{text}");
    }
    ann.request(delete(&[second, third])).await;
    for text in ["red", "blue"] {
        let found = search(&mut ann, json!({"text": text})).await;
        assert_eq!(seqs(&found), [0; 0], "{text}");
        assert_eq!(found["last_seq"], 5, "{text}");
    }
}

async fn search_bytes_match_contract(setup: Setup) {
    let service = setup.start().await;
    let mut ann = service.joined(3, 1).await;
    let with_id = json!({"action": "create_message", "msg_text": "Hello!", "client_msg_id": "a"});
    let second = ann.request(with_id).await["data"].clone();
    let first = r#"{"id":1,"text":"hello","user":{"id":3,"email":"ann@example.com"},"created_at":"2024-06-17T18:00:00.000Z","room_id":1,"seq":1,"edited_at":null}"#;
    let second = format!(
        r#"{{"id":{},"text":"Hello!","user":{{"id":3,"email":"ann@example.com"}},"created_at":{},"room_id":1,"client_msg_id":"a","seq":2,"edited_at":null}}"#,
        second["id"], second["created_at"]
    );
    for (limit, results, next) in [
        (2, format!("{second},{first}"), "null"),
        (1, second.clone(), "2"),
    ] {
        let action = json!({"action": "search_messages", "text": "hello", "limit": limit});
        let expected = format!(
            r#"{{"errors":[],"data":{{"results":[{results}],"next_before_seq":{next},"last_seq":2}},"action":"search_messages","response_status":200,"request_id":…}}"#
        );
        assert_eq!(response_bytes(&mut ann, action).await, expected);
    }
}

/// More messages than the service looks through at a time, and texts so long that it reads
/// a response in several pieces.
async fn search_pages_follow_cursor(setup: Setup) {
    let service = setup.start().await;
    let mut ann = service.joined(3, 1).await;
    let long = "🐈".repeat(9_900);
    for seq in 2..=160 {
        let text = match seq % 4 {
            0 => format!("found {seq} {long}"),
            2 => format!("Found {seq}"),
            _ => seq.to_string(),
        };
        ann.create(&text).await;
    }
    let expected: Vec<i64> = (2..=160).rev().step_by(2).collect();
    for (limit, size) in [(None, 50), (Some(1), 1), (Some(7), 7), (Some(100), 100)] {
        let mut all: Vec<i64> = Vec::new();
        let mut before = Value::Null;
        loop {
            let query = json!({"text": "FOUND", "limit": limit, "before_seq": before});
            let found = search(&mut ann, query).await;
            let page = seqs(&found);
            all.extend(&page);
            before = found["next_before_seq"].clone();
            if before == Value::Null {
                break;
            }
            assert_eq!(page.len(), size, "{limit:?}");
            assert_eq!(before, *page.last().expect("a message"));
        }
        assert_eq!(all, expected, "{limit:?}");
    }
    for (before, expected) in [
        (json!(i64::MIN), &[][..]),
        (json!(0), &[]),
        (json!(5), &[4, 2]),
        (json!(6), &[4, 2]),
    ] {
        let query = json!({"text": "found", "before_seq": before});
        let found = search(&mut ann, query).await;
        assert_eq!(seqs(&found), expected, "{before}");
        assert_eq!(found["next_before_seq"], Value::Null);
    }
    let query = json!({"text": "found", "before_seq": u64::MAX, "limit": 1});
    assert_eq!(seqs(&search(&mut ann, query).await), [160]);
}

async fn search_bad_parameter_refused(setup: Setup) {
    let service = setup.start().await;
    let mut ann = service.joined(3, 1).await;
    let with = |text: &Value| json!({"action": "search_messages", "text": text});
    for blank in ["", " \t\n", "?!", "🦀", "\0", "\u{a0}"] {
        let refused = ann.request(with(&blank.into())).await;
        assert_eq!(refused["response_status"], 400, "{refused}");
        assert_eq!(refused["error_code"], "text_blank", "{refused}");
        let sentence = "the text has no word to search for: it needs at least one letter or digit";
        assert_eq!(refused["errors"], json!([sentence]));
    }
    let longest = json!("ж".repeat(200));
    assert_eq!(
        seqs(&search(&mut ann, json!({"text": longest})).await),
        [0; 0]
    );
    for (parameter, bad) in [
        ("text", json!("ж".repeat(201))),
        ("text", json!(null)),
        ("text", json!(["hello"])),
        ("limit", json!(0)),
        ("limit", json!(101)),
        ("limit", json!("1")),
        ("before_seq", json!("1")),
        ("before_seq", json!(1.5)),
    ] {
        let mut request = with(&"hello".into());
        request[parameter] = bad;
        let refused = ann.request(request).await;
        assert_eq!(refused["response_status"], 400, "{refused}");
        assert_eq!(refused["error_code"], "invalid_parameter", "{refused}");
        let sentence = refused["errors"][0].as_str().expect("a sentence");
        assert!(sentence.contains(&format!("`{parameter}`")), "{sentence}");
    }
}

async fn search_allowed_without_right_to_write(setup: Setup) {
    let service = setup.start().await;
    let mut eve = service.joined(5, 2).await;
    let mut admin = service.admin_chat(9).await;
    admin.join(2).await;
    let write = create("a");
    admin.expect_refusal(write, 403, "business_required").await;
    eve.create("in room 2").await;
    admin.receive().await;
    let found = search(&mut admin, json!({"text": "room"})).await;
    assert_eq!(found["results"][0]["text"], "in room 2");
    eve.expect_silence().await;
}

on_every_store!(
    search_finds_words_newest_first,
    search_finds_new_text_never_deleted,
    search_bytes_match_contract,
    search_pages_follow_cursor,
    search_bad_parameter_refused,
    search_allowed_without_right_to_write,
);
