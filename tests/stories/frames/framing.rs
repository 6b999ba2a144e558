use serde_json::Value;

use crate::harness::{Handshake, Raw, Service, Setup, masked, on_every_store, token_for};

const LIST: &[u8] = br#"{"action":"list","request_id":7}"#;

/// A connection of Ann's, joined in room 1.
async fn ann(service: &Service) -> Raw {
    let handshake = Handshake::to("/ws/chat/").bearing(&token_for(3));
    let mut ann = handshake.send(service.address).await.raw();
    ann.send(&masked(
        0x81,
        br#"{"action":"join_room","room_pk":1,"request_id":1}"#,
    ))
    .await;
    assert!(
        ann.text()
            .await
            .ends_with(r#""response_status":200,"request_id":1}"#)
    );
    ann
}

async fn hears_the_list(ann: &mut Raw) {
    let answer = ann.text().await;
    let expected = r#","action":"list","response_status":200,"request_id":7}"#;
    assert!(answer.ends_with(expected), "{answer}");
}

async fn a_request_may_come_in_fragments(setup: Setup) {
    let service = setup.start().await;
    let mut ann = ann(&service).await;
    let (begin, end) = LIST.split_at(5);
    ann.send(&[masked(0x01, begin), masked(0x80, end)].concat())
        .await;
    hears_the_list(&mut ann).await;

    ann.send(&masked(0x01, begin)).await;
    ann.send(&masked(0x89, b"in between")).await;
    assert_eq!(ann.frame().await, (0x8A, b"in between".to_vec()));
    ann.send(&[masked(0x00, b""), masked(0x80, end)].concat())
        .await;
    hears_the_list(&mut ann).await;

    // A letter of two bytes may be cut in the middle.
    let text = r#"{"action":"create_message","msg_text":"ж","request_id":8}"#.as_bytes();
    let middle = text
        .iter()
        .position(|&byte| byte == 0xD0)
        .expect("a letter")
        + 1;
    let (begin, end) = text.split_at(middle);
    ann.send(&[masked(0x01, begin), masked(0x80, end)].concat())
        .await;
    let answer: Value = serde_json::from_str(&ann.text().await).expect("JSON");
    assert_eq!(answer["data"]["text"], "ж", "{answer}");
}

async fn a_ping_is_answered_with_its_payload(setup: Setup) {
    let service = setup.start().await;
    let mut ann = ann(&service).await;
    for payload in [&b""[..], b"are you there?", &[0xFF; 125]] {
        ann.send(&masked(0x89, payload)).await;
        assert_eq!(ann.frame().await, (0x8A, payload.to_vec()));
    }
    ann.send(&masked(0x8A, b"a pong that nobody asked for"))
        .await;
    ann.send(&masked(0x81, LIST)).await;
    hears_the_list(&mut ann).await;
}

/// A request for the list that is so many bytes long.
fn long_list(length: usize) -> Vec<u8> {
    let mut request = LIST.to_vec();
    request.resize(length, b' ');
    request
}

async fn a_frame_over_the_limit_closes_its_own_connection_alone(setup: Setup) {
    const LIMIT: usize = 64 * 1024;
    let service = setup.start().await;
    let mut bob = service.joined(4, 1).await;
    let mut just_fits = ann(&service).await;
    just_fits.send(&masked(0x81, &long_list(LIMIT))).await;
    hears_the_list(&mut just_fits).await;
    let (begin, end) = (long_list(LIMIT - 1), [b' ']);
    just_fits
        .send(&[masked(0x01, &begin), masked(0x80, &end)].concat())
        .await;
    hears_the_list(&mut just_fits).await;
    for over in [
        masked(0x81, &long_list(LIMIT + 1)),
        masked(0x82, &long_list(LIMIT + 1)),
        [masked(0x01, &begin), masked(0x80, b"  ")].concat(),
    ] {
        let mut ann = ann(&service).await;
        ann.send(&over).await;
        assert_eq!(ann.close_code().await, 1009);
    }
    bob.hears_nothing().await;
    just_fits.send(&masked(0x81, LIST)).await;
    hears_the_list(&mut just_fits).await;
}

async fn bytes_that_are_no_frame_close_their_own_connection_alone(setup: Setup) {
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
        let mut ann = ann(&service).await;
        // What was well-formed before is still answered.
        ann.send(&[masked(0x81, LIST), bytes].concat()).await;
        hears_the_list(&mut ann).await;
        assert_eq!(ann.close_code().await, 1002, "{case}");
    }
    bob.hears_nothing().await;
}

async fn requests_sent_in_one_go_are_answered_in_their_order(setup: Setup) {
    let service = setup.start().await;
    let mut bob = service.joined(4, 1).await;
    let mut ann = ann(&service).await;
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
        let answer: Value = serde_json::from_str(&ann.text().await).expect("JSON");
        assert_eq!(answer["request_id"], id, "{answer}");
        assert_eq!(answer["response_status"], *status, "{rest}: {answer}");
    }
    let changes = requests().filter(|(_, (rest, _))| rest.contains("_text"));
    for ((id, _), seq) in changes.zip(2..) {
        let heard = bob.hear().await;
        assert_eq!(
            (&heard["request_id"], &heard["data"]["seq"]),
            (&id.into(), &seq.into())
        );
    }
    bob.hears_nothing().await;
}

on_every_store!(
    a_request_may_come_in_fragments,
    a_ping_is_answered_with_its_payload,
    a_frame_over_the_limit_closes_its_own_connection_alone,
    bytes_that_are_no_frame_close_their_own_connection_alone,
    requests_sent_in_one_go_are_answered_in_their_order,
);
