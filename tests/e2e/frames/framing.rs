use aftermatch_test_support::{RawSocket, Setup, masked, on_every_store};
use serde_json::Value;

const LIST: &[u8] = br#"{"action":"list","request_id":7}"#;

async fn expect_list(ann: &mut RawSocket) {
    let response = ann.receive_text().await;
    let expected = r#","action":"list","response_status":200,"request_id":7}"#;
    assert!(response.ends_with(expected), "{response}");
}

async fn request_in_fragments_answered(setup: Setup) {
    let service = setup.start().await;
    let mut ann = service.raw_joined(3).await;
    let (begin, end) = LIST.split_at(5);
    ann.send(&[masked(0x01, begin), masked(0x80, end)].concat())
        .await;
    expect_list(&mut ann).await;

    ann.send(&masked(0x01, begin)).await;
    ann.send(&masked(0x89, b"in between")).await;
    assert_eq!(ann.receive_frame().await, (0x8A, b"in between".to_vec()));
    ann.send(&[masked(0x00, b""), masked(0x80, end)].concat())
        .await;
    expect_list(&mut ann).await;

    // A fragment may end in the middle of a letter of two bytes.
    let text = r#"{"action":"create_message","msg_text":"ж","request_id":8}"#.as_bytes();
    let middle = text
        .iter()
        .position(|&byte| byte == 0xD0)
        .expect("a letter")
        + 1;
    let (begin, end) = text.split_at(middle);
    ann.send(&[masked(0x01, begin), masked(0x80, end)].concat())
        .await;
    let response: Value = serde_json::from_str(&ann.receive_text().await).expect("JSON");
    assert_eq!(response["data"]["text"], "ж", "{response}");
}

async fn ping_answered_with_same_payload(setup: Setup) {
    let service = setup.start().await;
    let mut ann = service.raw_joined(3).await;
    for payload in [&b""[..], b"are you there?", &[0xFF; 125]] {
        ann.send(&masked(0x89, payload)).await;
        assert_eq!(ann.receive_frame().await, (0x8A, payload.to_vec()));
    }
    ann.send(&masked(0x8A, b"a pong that nobody asked for"))
        .await;
    ann.send(&masked(0x81, LIST)).await;
    expect_list(&mut ann).await;
}

/// A request for the list, padded to this many bytes.
fn long_list(length: usize) -> Vec<u8> {
    let mut request = LIST.to_vec();
    request.resize(length, b' ');
    request
}

async fn oversized_frame_closes_only_its_connection(setup: Setup) {
    const LIMIT: usize = 64 * 1024;
    let service = setup.start().await;
    let mut bob = service.joined(4, 1).await;
    let mut just_fits = service.raw_joined(3).await;
    just_fits.send(&masked(0x81, &long_list(LIMIT))).await;
    expect_list(&mut just_fits).await;
    let (begin, end) = (long_list(LIMIT - 1), [b' ']);
    just_fits
        .send(&[masked(0x01, &begin), masked(0x80, &end)].concat())
        .await;
    expect_list(&mut just_fits).await;
    for over in [
        masked(0x81, &long_list(LIMIT + 1)),
        masked(0x82, &long_list(LIMIT + 1)),
        [masked(0x01, &begin), masked(0x80, b"  ")].concat(),
    ] {
        let mut ann = service.raw_joined(3).await;
        ann.send(&over).await;
        assert_eq!(ann.receive_close_code().await, 1009);
    }
    bob.expect_silence().await;
    just_fits.send(&masked(0x81, LIST)).await;
    expect_list(&mut just_fits).await;
}

async fn invalid_frame_closes_only_its_connection(setup: Setup) {
    let service = setup.start().await;
    let mut bob = service.joined(4, 1).await;
    let unmasked = [&[0x81, LIST.len() as u8][..], LIST].concat();
    for (case, bytes) in [
        ("not masked", unmasked),
        ("a reserved bit", masked(0xC1, LIST)),
        ("a reserved opcode", masked(0x83, LIST)),
        ("nothing to continue", masked(0x80, LIST)),
        (
            "a message inside a message",
            [masked(0x01, b"{"), masked(0x81, LIST)].concat(),
        ),
        ("a ping in fragments", masked(0x09, b"?")),
        ("a ping too long", masked(0x89, &[0; 126])),
        ("plain text", b"GET / HTTP/1.1\r\n\r\n".to_vec()),
    ] {
        let mut ann = service.raw_joined(3).await;
        // The valid request before it is still answered.
        ann.send(&[masked(0x81, LIST), bytes].concat()).await;
        expect_list(&mut ann).await;
        assert_eq!(ann.receive_close_code().await, 1002, "{case}");
    }
    bob.expect_silence().await;
}

async fn pipelined_requests_answered_in_order(setup: Setup) {
    let service = setup.start().await;
    let mut bob = service.joined(4, 1).await;
    let mut ann = service.raw_joined(3).await;
    let kinds = [
        (r#""action":"list"}"#, 200),
        (r#""action":"create_message","msg_text":"a"}"#, 201),
        (r#""action":"dance"}"#, 405),
        (r#""action":"list""#, 400),
        (r#""action":"join_room","room_pk":3}"#, 403),
        (
            r#""action":"edit_message","msg_id":1,"edited_msg_text":"b"}"#,
            200,
        ),
        (r#""action":"delete_messages","msg_id_list":[]}"#, 404),
        (r#""action":"join_room","room_pk":1}"#, 200),
    ];
    let requests = || (0..200).zip(kinds.iter().cycle());
    let bytes: Vec<u8> = requests()
        .flat_map(|(id, (rest, _))| {
            masked(0x81, format!(r#"{{"request_id":{id},{rest}"#).as_bytes())
        })
        .collect();
    ann.send(&bytes).await;
    for (id, (rest, status)) in requests() {
        let response: Value = serde_json::from_str(&ann.receive_text().await).expect("JSON");
        assert_eq!(response["request_id"], id, "{response}");
        assert_eq!(response["response_status"], *status, "{rest}: {response}");
    }
    let changes = requests().filter(|(_, (rest, _))| rest.contains("_text"));
    for ((id, _), seq) in changes.zip(2..) {
        let event = bob.receive().await;
        assert_eq!(
            (&event["request_id"], &event["data"]["seq"]),
            (&id.into(), &seq.into())
        );
    }
    bob.expect_silence().await;
}

/// Nearly only messages, so that many of them wait for the store together.
async fn pipelined_messages_answered_in_order(setup: Setup) {
    let service = setup.start().await;
    let mut bob = service.joined(4, 1).await;
    let mut ann = service.raw_joined(3).await;
    let kinds = [
        (r#""msg_text":"a""#, 201),
        (r#""msg_text":"once","client_msg_id":"1""#, 200),
        (r#""msg_text":"b\u00e9""#, 201),
        (r#""msg_text":" ""#, 400),
        (r#""msg_text":"c""#, 201),
        (r#""msg_text":"other","client_msg_id":"1""#, 409),
        (r#""msg_text":5"#, 400),
    ];
    let create = |id: i32, rest: &str| {
        let request = format!(r#"{{"action":"create_message","request_id":{id},{rest}}}"#);
        masked(0x81, request.as_bytes())
    };
    ann.send(&create(0, kinds[1].0)).await;
    let first: Value = serde_json::from_str(&ann.receive_text().await).expect("JSON");
    assert_eq!(first["response_status"], 201, "{first}");
    bob.receive().await;

    let requests = || (1..700).zip(kinds.iter().cycle());
    let mut bytes = Vec::new();
    for (id, (rest, _)) in requests() {
        bytes.extend(create(id, rest));
        match id {
            300 => bytes.extend(masked(0x82, b"binary")),
            500 => bytes.extend(masked(0x81, LIST)),
            _ => {}
        }
    }
    bytes.extend(masked(0x89, b"and a ping"));
    ann.send(&bytes).await;
    for (id, (rest, status)) in requests() {
        let response: Value = serde_json::from_str(&ann.receive_text().await).expect("JSON");
        assert_eq!(response["request_id"], id, "{response}");
        assert_eq!(response["response_status"], *status, "{rest}: {response}");
        match id {
            300 => assert!(ann.receive_text().await.contains("\"response_status\":400")),
            500 => expect_list(&mut ann).await,
            _ => {}
        }
    }
    assert_eq!(ann.receive_frame().await, (0x8A, b"and a ping".to_vec()));
    let created = requests().filter(|(_, (_, status))| *status == 201);
    for ((id, _), seq) in created.zip(3..) {
        let event = bob.receive().await;
        assert_eq!(
            (&event["request_id"], &event["data"]["seq"]),
            (&id.into(), &seq.into())
        );
    }
    bob.expect_silence().await;
}

on_every_store!(
    request_in_fragments_answered,
    ping_answered_with_same_payload,
    oversized_frame_closes_only_its_connection,
    invalid_frame_closes_only_its_connection,
    pipelined_requests_answered_in_order,
    pipelined_messages_answered_in_order,
);
