mod concurrent;
mod refusals;

use aftermatch_test_support::{
    Client, Service, Setup, create, delete, edit, on_every_store, read, response_bytes, written,
};
use serde_json::{Value, json};

/// The numbers and texts on a page.
fn shown(page: &Value) -> Vec<(i64, &str)> {
    let messages = page["results"].as_array().expect("a list").iter();
    let shown = |message: &'_ Value| message["seq"].as_i64();
    messages
        .map(|message| {
            let text = message["text"].as_str().expect("a text");
            (shown(message).expect("a number"), text)
        })
        .collect()
}

/// Room 1 with its messages 1, 2, 4, 5, 7 and 9. The events 6 and 10 deleted 3 and 8.
async fn room_with_holes(service: &Service) -> (Client, Client) {
    let mut ann = service.joined(3, 1).await;
    let mut admin = service.admin_chat(9).await;
    ann.create("2").await;
    let third = written(&mut ann, "3").await;
    ann.create("4").await;
    ann.create("5").await;
    ann.request(delete(&[third])).await;
    ann.create("7").await;
    let eighth = written(&mut ann, "8").await;
    ann.create("9").await;
    ann.request(delete(&[eighth])).await;
    admin.join(1).await;
    (ann, admin)
}

async fn history_pages_follow_cursors(setup: Setup) {
    let service = setup.start().await;
    let (mut ann, mut admin) = room_with_holes(&service).await;
    let null = Value::Null;
    for (query, numbers, before, after) in [
        (json!({}), &[1, 2, 4, 5, 7, 9][..], &null, &null),
        (json!({"limit": 2}), &[7, 9], &json!(7), &null),
        (json!({"limit": 6}), &[1, 2, 4, 5, 7, 9], &null, &null),
        (
            json!({"before_seq": 7, "limit": 2}),
            &[4, 5],
            &json!(4),
            &json!(5),
        ),
        (
            json!({"before_seq": 6, "limit": 2}),
            &[4, 5],
            &json!(4),
            &json!(5),
        ),
        (
            json!({"before_seq": 4, "limit": 2}),
            &[1, 2],
            &null,
            &json!(2),
        ),
        (json!({"before_seq": 2}), &[1], &null, &json!(1)),
        (json!({"before_seq": 1}), &[], &null, &null),
        (json!({"before_seq": 0}), &[], &null, &null),
        (json!({"before_seq": i64::MIN}), &[], &null, &null),
        (
            json!({"before_seq": i64::MAX, "limit": 1}),
            &[9],
            &json!(9),
            &null,
        ),
        (
            json!({"before_seq": u64::MAX, "limit": 1}),
            &[9],
            &json!(9),
            &null,
        ),
        (
            json!({"after_seq": 0, "limit": 2}),
            &[1, 2],
            &null,
            &json!(2),
        ),
        (
            json!({"after_seq": 2, "limit": 2}),
            &[4, 5],
            &json!(4),
            &json!(5),
        ),
        (
            json!({"after_seq": 3, "limit": 2}),
            &[4, 5],
            &json!(4),
            &json!(5),
        ),
        (
            json!({"after_seq": 5, "limit": 2}),
            &[7, 9],
            &json!(7),
            &null,
        ),
        (json!({"after_seq": 9}), &[], &null, &null),
        (json!({"after_seq": 10}), &[], &null, &null),
        (json!({"after_seq": i64::MAX}), &[], &null, &null),
        (json!({"after_seq": u64::MAX}), &[], &null, &null),
        (json!({"after_seq": -5, "limit": 1}), &[1], &null, &json!(1)),
        (
            json!({"after_seq": i64::MIN, "limit": 1}),
            &[1],
            &null,
            &json!(1),
        ),
        (
            json!({"before_seq": null, "after_seq": null, "limit": null, "page": null}),
            &[1, 2, 4, 5, 7, 9],
            &null,
            &null,
        ),
    ] {
        let page = read(&mut ann, query.clone()).await;
        let seqs: Vec<_> = shown(&page).into_iter().map(|(seq, _)| seq).collect();
        assert_eq!(seqs, numbers, "{query}");
        assert_eq!(&page["next_before_seq"], before, "{query}");
        assert_eq!(&page["next_after_seq"], after, "{query}");
        assert_eq!(page["last_seq"], 10, "{query}");
        assert_eq!(read(&mut admin, query).await, page);
    }
}

async fn history_bytes_match_contract(setup: Setup) {
    let service = setup.start().await;
    let mut ann = service.joined(3, 1).await;
    let edited = ann.request(edit(1, "hello \"again\"")).await;
    assert_eq!(edited["response_status"], 200);
    let with_id = json!({"action": "create_message", "msg_text": "b", "client_msg_id": "a-1"});
    let second = ann.request(with_id).await["data"].clone();

    let page = read(&mut ann, json!({})).await;
    let time = page["results"][0]["edited_at"].as_str().expect("a moment");
    assert!(time > "2024-06-17T18:00:00.000Z", "{time}");
    assert_eq!(time.len(), "2024-06-17T18:00:00.000Z".len(), "{time}");
    let first = format!(
        r#"{{"id":1,"text":"hello \"again\"","user":{{"id":3,"email":"ann@example.com"}},"created_at":"2024-06-17T18:00:00.000Z","room_id":1,"seq":1,"edited_at":"{time}"}}"#
    );
    let created = second["created_at"].as_str().expect("a moment");
    let second = format!(
        r#"{{"id":{},"text":"b","user":{{"id":3,"email":"ann@example.com"}},"created_at":"{created}","room_id":1,"client_msg_id":"a-1","seq":3,"edited_at":null}}"#,
        second["id"]
    );
    let around = |data: &str| {
        format!(
            r#"{{"errors":[],"data":{data},"action":"get_room_messages","response_status":200,"request_id":…}}"#
        )
    };
    let action = json!({"action": "get_room_messages"});
    let expected = around(&format!(
        r#"{{"results":[{first},{second}],"next_before_seq":null,"next_after_seq":null,"last_seq":3}}"#
    ));
    assert_eq!(response_bytes(&mut ann, action).await, expected);
    let page = json!({"action": "get_room_messages", "page": 1});
    let expected = around(&format!(
        r#"{{"count":2,"results":[{second},{first}],"next":null}}"#
    ));
    assert_eq!(response_bytes(&mut ann, page).await, expected);

    ann.join(2).await;
    let empty = r#"{"results":[],"next_before_seq":null,"next_after_seq":null,"last_seq":0}"#;
    let action = json!({"action": "get_room_messages", "limit": 1});
    assert_eq!(response_bytes(&mut ann, action).await, around(empty));
    let page = json!({"action": "get_room_messages", "page": 7});
    let empty = r#"{"count":0,"results":[],"next":null}"#;
    assert_eq!(response_bytes(&mut ann, page).await, around(empty));
}

async fn history_readable_without_right_to_write(setup: Setup) {
    let service = setup.start().await;
    let mut eve = service.joined(5, 2).await;
    let mut admin = service.admin_chat(9).await;
    admin.join(2).await;
    admin
        .expect_refusal(create("a"), 403, "business_required")
        .await;
    eve.create("in room 2").await;
    admin.receive().await;
    let page = read(&mut admin, json!({})).await;
    assert_eq!(shown(&page), [(1, "in room 2")]);
    assert_eq!(page["results"][0]["room_id"], 2);
    eve.expect_silence().await;
}

async fn history_page_defaults_fifty_maximum_hundred(setup: Setup) {
    let service = setup.start().await;
    let mut ann = service.joined(3, 1).await;
    for seq in 2..=201 {
        ann.send_action(create(&seq.to_string())).await;
    }
    for seq in 2..=201 {
        assert_eq!(ann.receive().await["data"]["seq"], seq);
    }
    ann.request(delete(&[1])).await;
    for (query, first, last) in [
        (json!({}), 152, 201),
        (json!({"before_seq": 152}), 102, 151),
        (json!({"after_seq": 0}), 2, 51),
        (json!({"limit": 100}), 102, 201),
        (json!({"after_seq": 101, "limit": 100}), 102, 201),
        (json!({"after_seq": 1, "limit": 100}), 2, 101),
    ] {
        let page = read(&mut ann, query.clone()).await;
        let seqs: Vec<_> = shown(&page).into_iter().map(|(seq, _)| seq).collect();
        assert_eq!(seqs, (first..=last).collect::<Vec<_>>(), "{query}");
    }
    for (page, newest, oldest, next) in [(1, 201, 102, json!(2)), (2, 101, 2, Value::Null)] {
        let page = read(&mut ann, json!({"page": page})).await;
        let seqs: Vec<_> = shown(&page).into_iter().map(|(seq, _)| seq).collect();
        assert_eq!(seqs, (oldest..=newest).rev().collect::<Vec<_>>());
        assert_eq!((&page["count"], &page["next"]), (&json!(200), &next));
    }
    for beyond in [json!(3), json!(i64::MAX), json!(u64::MAX)] {
        let page = read(&mut ann, json!({"page": beyond})).await;
        assert_eq!(page, json!({"count": 200, "results": [], "next": null}));
    }
    ann.create("one more").await;
    let page = read(&mut ann, json!({"page": 2})).await;
    assert_eq!(page["next"], 3, "{page}");
    let page = read(&mut ann, json!({"page": 3})).await;
    assert_eq!(shown(&page), [(2, "2")]);
}

/// Texts so long that the service reads a response in several pieces.
async fn long_texts_come_whole(setup: Setup) {
    let service = setup.start().await;
    let mut ann = service.joined(3, 1).await;
    let text = |seq: i64| format!("{seq}{}", "🐈".repeat(9_990));
    // The room has its first message already.
    for seq in 2..=25 {
        ann.create(&text(seq)).await;
    }
    let null = Value::Null;
    for (query, first, last, before, after) in [
        (json!({"limit": 20}), 6, 25, json!(6), null.clone()),
        (
            json!({"before_seq": 24, "limit": 20}),
            4,
            23,
            json!(4),
            json!(23),
        ),
        (
            json!({"before_seq": 21, "limit": 100}),
            1,
            20,
            null.clone(),
            json!(20),
        ),
        (
            json!({"after_seq": 3, "limit": 20}),
            4,
            23,
            json!(4),
            json!(23),
        ),
        (
            json!({"after_seq": 3, "limit": 100}),
            4,
            25,
            json!(4),
            null.clone(),
        ),
    ] {
        let page = read(&mut ann, query.clone()).await;
        let numbers: Vec<_> = shown(&page).iter().map(|(seq, _)| *seq).collect();
        assert_eq!(numbers, (first..=last).collect::<Vec<_>>(), "{query}");
        for (seq, shown) in shown(&page) {
            assert!(seq == 1 || shown == text(seq), "the text of {seq}");
        }
        let ends = (&page["next_before_seq"], &page["next_after_seq"]);
        assert_eq!(ends, (&before, &after), "{query}");
    }
    let page = read(&mut ann, json!({"page": 1})).await;
    let numbers: Vec<_> = shown(&page).iter().map(|(seq, _)| *seq).collect();
    assert_eq!(numbers, (1..=25).rev().collect::<Vec<_>>());
    assert_eq!((&page["count"], &page["next"]), (&json!(25), &null));
}

on_every_store!(
    long_texts_come_whole,
    history_pages_follow_cursors,
    history_bytes_match_contract,
    history_readable_without_right_to_write,
    history_page_defaults_fifty_maximum_hundred,
);
