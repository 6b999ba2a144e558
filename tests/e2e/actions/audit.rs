//! What administrators read of the past, and nobody else.

use aftermatch_test_support::{
    Client, Setup, delete, edit, on_every_store, response_bytes, user, written,
};
use serde_json::{Value, json};

fn history(id: i64) -> Value {
    json!({"action": "get_message_history", "msg_id": id, "request_id": 7})
}

fn audit() -> Value {
    json!({"action": "get_audit", "request_id": 7})
}

fn delete_because(ids: &[i64], reason: impl Into<Value>) -> Value {
    let mut request = delete(ids);
    request["reason"] = reason.into();
    request
}

/// The `data` of the response to this request.
async fn read(client: &mut Client, request: Value) -> Value {
    let response = client.request_amid_events(request).await;
    assert_eq!(response["response_status"], 200, "{response}");
    response["data"].clone()
}

/// What `read` shows of each result.
fn shown<T>(data: &Value, read: impl Fn(&Value) -> T) -> Vec<T> {
    data["results"]
        .as_array()
        .expect("a list")
        .iter()
        .map(read)
        .collect()
}

async fn versions_of_message_come_in_order(setup: Setup) {
    let service = setup.start().await;
    let mut ann = service.joined(3, 1).await;
    let mut admin = service.admin_joined(9, 1).await;
    let id = written(&mut ann, "first").await;
    for text in ["second", " third\n"] {
        ann.request(edit(id, text)).await;
    }
    let changed = json!([
        [2, "created", 3, "first", null, null],
        [3, "edited", 3, "second", null, null],
        [4, "edited", 3, " third\n", null, null],
    ]);
    let version = |version: &Value| {
        let user = &version["user"]["id"];
        json!([
            version["seq"],
            version["kind"],
            user,
            version["text"],
            version["missing"],
            version["reason"]
        ])
    };
    let data = read(&mut admin, history(id)).await;
    assert_eq!(Value::from(shown(&data, version)), changed);
    assert_eq!([&data["room_pk"], &data["msg_id"]], [&json!(1), &json!(id)]);

    read(&mut admin, delete_because(&[1, id], " off\ttopic ")).await;
    let data = read(&mut admin, history(id)).await;
    assert_eq!(Value::from(shown(&data, version)[..3].to_vec()), changed);
    let deleted = json!([5, "deleted", 9, null, null, "off\ttopic"]);
    assert_eq!(shown(&data, version)[3], deleted);
    // Another message, in the same deletion, which was never edited.
    let imported = json!([[1, "created", 3, "hello", null, null], deleted]);
    let data = read(&mut admin, history(1)).await;
    assert_eq!(Value::from(shown(&data, version)), imported);
}

async fn audit_shows_who_took_what_and_why(setup: Setup) {
    let service = setup.start().await;
    let mut ann = service.joined(3, 1).await;
    let mut admin = service.admin_joined(9, 1).await;
    let nothing = json!({"room_pk": 1, "results": [], "next_before_seq": null});
    assert_eq!(read(&mut admin, audit()).await, nothing);
    let id = written(&mut ann, "first").await;
    ann.request(edit(id, "second")).await;
    ann.request(delete(&[1])).await;
    read(&mut admin, delete_because(&[id], "spam")).await;
    let event = |event: &Value| {
        let user = &event["user"]["id"];
        json!([
            event["seq"],
            event["kind"],
            user,
            event["reason"],
            event["messages"]
        ])
    };
    let text = |id: i64, text: &str| json!([{"id": id, "text": text, "missing": null}]);
    let expected = [
        json!([5, "deleted", 9, "spam", text(id, "second")]),
        json!([4, "deleted", 3, null, text(1, "hello")]),
        json!([3, "edited", 3, null, text(id, "first")]),
    ];
    let data = read(&mut admin, audit()).await;
    assert_eq!(shown(&data, event), expected);
    assert_eq!(data["next_before_seq"], Value::Null);
    // A room that administrators may only read.
    let mut eve = service.joined(5, 2).await;
    let id = written(&mut eve, "in room 2").await;
    eve.request(delete(&[id])).await;
    admin.join(2).await;
    let data = read(&mut admin, audit()).await;
    assert_eq!(
        shown(&data, event),
        [json!([2, "deleted", 5, null, text(id, "in room 2")])]
    );
}

async fn past_bytes_match_contract(setup: Setup) {
    let service = setup.start().await;
    let mut ann = service.joined(3, 1).await;
    let second = ann.request(edit(1, "edit")).await;
    assert_eq!(second["response_status"], 200, "{second}");
    let mut admin = service.admin_joined(9, 1).await;
    let user = r#""user":{"id":3,"email":"ann@example.com"}"#;
    let created = format!(
        r#"{{"seq":1,"kind":"created",{user},"at":"2024-06-17T18:00:00.000Z","text":"hello","missing":null,"reason":null}}"#
    );
    let response = response_bytes(&mut admin, history(1)).await;
    let begin = format!(
        r#"{{"errors":[],"data":{{"room_pk":1,"msg_id":1,"results":[{created},{{"seq":2,"kind":"edited",{user},"at":""#
    );
    assert!(response.starts_with(&begin), "{response}");
    let end = r#","text":"edit","missing":null,"reason":null}],"next_before_seq":null},"action":"get_message_history","response_status":200,"request_id":…}"#;
    assert!(response.ends_with(end), "{response}");
    let response = response_bytes(&mut admin, audit()).await;
    let begin = format!(
        r#"{{"errors":[],"data":{{"room_pk":1,"results":[{{"seq":2,"kind":"edited",{user},"at":""#
    );
    assert!(response.starts_with(&begin), "{response}");
    let end = r#","reason":null,"messages":[{"id":1,"text":"hello","missing":null}]}],"next_before_seq":null},"action":"get_audit","response_status":200,"request_id":…}"#;
    assert!(response.ends_with(end), "{response}");
}

/// Texts so long that a page ends before its limit.
async fn past_pages_follow_cursor(setup: Setup) {
    let service = setup.start().await;
    let mut ann = service.joined(3, 1).await;
    let long = "🐈".repeat(9_900);
    for nth in 2..=40 {
        let text = if nth % 2 == 0 { &long } else { "short" };
        let edited = ann.request(edit(1, text)).await;
        assert_eq!(edited["response_status"], 200, "{edited}");
    }
    let mut admin = service.admin_joined(9, 1).await;
    let seq = |result: &Value| result["seq"].as_i64().expect("a number");
    for (limit, pages) in [(1, 40), (7, 6), (100, 4)] {
        let (mut seqs, mut count, mut before) = (Vec::new(), 0, Value::Null);
        loop {
            let mut request = history(1);
            request["limit"] = limit.into();
            request["before_seq"] = before;
            let data = read(&mut admin, request).await;
            seqs.splice(..0, shown(&data, seq));
            count += 1;
            before = data["next_before_seq"].clone();
            if before == Value::Null {
                break;
            }
            assert_eq!(before, seqs[0]);
        }
        assert_eq!(seqs, (1..=40).collect::<Vec<_>>());
        assert_eq!(count, pages, "pages of {limit}");
    }
    let mut seqs = Vec::new();
    let mut request = audit();
    loop {
        request["limit"] = 30.into();
        let data = read(&mut admin, request.clone()).await;
        seqs.extend(shown(&data, seq));
        request["before_seq"] = data["next_before_seq"].clone();
        if request["before_seq"] == Value::Null {
            break;
        }
    }
    assert_eq!(seqs, (2..=40).rev().collect::<Vec<_>>());
}

async fn brand_never_receives_past_or_reason(setup: Setup) {
    let service = setup.start().await;
    let mut ann = service.joined(3, 1).await;
    let mut admin = service.admin_joined(9, 1).await;
    let second = written(&mut ann, "second").await;
    admin.receive().await;
    for request in [history(second), audit()] {
        ann.expect_refusal(request, 405, "unknown_action").await;
    }
    let deleted = admin.request(delete_because(&[second], "spam")).await;
    let event = json!({"room_id": 1, "messages_ids": [second], "seq": 3});
    assert_eq!(deleted["data"], event);
    assert_eq!(ann.receive().await, deleted);

    // A brand can send anything as `reason`: it is ignored.
    for (reason, seq) in [(json!("my own"), 5), (json!(""), 7), (json!(5), 9)] {
        let id = written(&mut ann, "own").await;
        let deleted = ann.request(delete_because(&[id], reason)).await;
        assert_eq!(deleted["data"]["seq"], seq, "{deleted}");
        let data = read(&mut admin, audit()).await;
        assert_eq!(data["results"][0]["reason"], Value::Null, "{data}");
        assert_eq!(data["results"][0]["seq"], seq, "{data}");
    }
}

async fn past_bad_request_refused(setup: Setup) {
    let service = setup.start().await;
    let mut admin = service.admin_chat(9).await;
    for request in [history(1), audit()] {
        admin.expect_refusal(request, 400, "not_in_room").await;
    }
    let mut eve = service.joined(5, 2).await;
    let elsewhere = written(&mut eve, "in room 2").await;
    admin.join(1).await;
    for id in [elsewhere, 999, 0, -1] {
        let refused = admin.request(history(id)).await;
        assert_eq!(refused["response_status"], 404, "{refused}");
        assert_eq!(refused["error_code"], "message_not_found", "{refused}");
        let sentence = "no such message in this room: it is of another room, or never was";
        assert_eq!(refused["errors"], json!([sentence]));
    }
    for request in [history(1), audit(), delete(&[1])] {
        for (name, bad) in [
            ("before_seq", json!("1")),
            ("limit", json!(0)),
            ("limit", json!(101)),
            ("reason", json!(" ")),
            ("reason", json!("x".repeat(501))),
            ("reason", json!(7)),
        ] {
            if (name == "reason") != (request["action"] == "delete_messages") {
                continue;
            }
            let mut request = request.clone();
            request[name] = bad;
            let refused = admin.request(request).await;
            assert_eq!(refused["error_code"], "invalid_parameter", "{refused}");
            let sentence = refused["errors"][0].as_str().expect("a sentence");
            assert!(sentence.contains(&format!("`{name}`")), "{sentence}");
        }
    }
    // A number before and after all.
    for (before, count) in [(json!(i64::MIN), 0), (json!(1), 0), (json!(u64::MAX), 1)] {
        let mut request = history(1);
        request["before_seq"] = before;
        let data = read(&mut admin, request).await;
        assert_eq!(shown(&data, Value::clone).len(), count);
    }
}

async fn deactivated_admin_reads_no_past(setup: Setup) {
    let service = setup.start().await;
    let mut admins = Vec::new();
    for request in [history(1), audit()] {
        admins.push((service.admin_joined(9, 1).await, request));
    }
    let mut deactivated = user(9);
    deactivated.active = false;
    service.put_user(deactivated).await;
    for (mut admin, request) in admins {
        // The connection may be closed before the request arrives.
        let _ = admin.try_send(&request).await;
        let (frames, code) = admin.receive_until_close().await;
        assert_eq!(code, Some(4401));
        let refused = |frame: &Value| frame["error_code"] == "user_deactivated";
        assert!(frames.iter().all(refused), "{frames:?}");
    }
}

on_every_store!(
    versions_of_message_come_in_order,
    audit_shows_who_took_what_and_why,
    past_bytes_match_contract,
    past_pages_follow_cursor,
    brand_never_receives_past_or_reason,
    past_bad_request_refused,
    deactivated_admin_reads_no_past,
);
