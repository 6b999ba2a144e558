use serde_json::Value;
use tokio_tungstenite::tungstenite::Message;

use super::{Bench, behind};
use crate::harness::{Handshake, Setup, masked, on_every_store, token_for};

async fn what_is_no_json_is_answered_with_what_could_be_read(setup: Setup) {
    let mut bench = Bench::new(setup).await;
    for (text, action, request_id) in [
        ("", "null", "null"),
        (" ", "null", "null"),
        ("hello", "null", "null"),
        ("{", "null", "null"),
        ("'list'", "null", "null"),
        ("nul", "null", "null"),
        ("{'action':'list','request_id':7}", "null", "null"),
        (
            "\u{feff}{\"action\":\"list\",\"request_id\":7}",
            "null",
            "null",
        ),
        (r#"{"action":"li"#, "null", "null"),
        (r#"{"action":"list""#, r#""list""#, "null"),
        (r#"{"action":"list","request_id":7,"#, r#""list""#, "7"),
        (
            r#"{"action":"list","request_id":7,"x":[1,"#,
            r#""list""#,
            "7",
        ),
        (
            r#"{"request_id":"a","action":"dance" "#,
            r#""dance""#,
            r#""a""#,
        ),
        (r#"{"request_id":7,"action":"li"#, "null", "7"),
        (r#"{"action":"list","request_id":7,}"#, r#""list""#, "7"),
        (r#"{"action":"list","request_id":7} {}"#, r#""list""#, "7"),
        (r#"{"action":"list","request_id":7}]"#, r#""list""#, "7"),
        (r#"{"action":"list","request_id":07}"#, r#""list""#, "null"),
        (r#"{"action":"list","request_id":+7}"#, r#""list""#, "null"),
        (r#"{"action":"list","request_id":NaN}"#, r#""list""#, "null"),
        (
            r#"{"action":"list","request_id":7,"x":01}"#,
            r#""list""#,
            "7",
        ),
        (
            "{\"action\":\"list\",\"request_id\":7,\"x\":\"a\nb\"}",
            r#""list""#,
            "7",
        ),
        (
            r#"{"action":"list","request_id":7,"x":"\q"}"#,
            r#""list""#,
            "7",
        ),
    ] {
        bench
            .refuses(
                Message::text(text),
                &behind(action, 400, request_id, "not_json"),
            )
            .await;
    }
    bench.bob.hears_nothing().await;
}

async fn json_that_is_no_object_is_no_request(setup: Setup) {
    let mut bench = Bench::new(setup).await;
    let deep = format!("{}{}", "[".repeat(20_000), "]".repeat(20_000));
    for text in [
        "[]",
        r#"["action","list"]"#,
        r#"[{"action":"list","request_id":7}]"#,
        r#""list""#,
        "7",
        "-1.5e3",
        "null",
        "true",
        "false",
        &deep,
    ] {
        bench
            .refuses(
                Message::text(text),
                &behind("null", 400, "null", "not_an_object"),
            )
            .await;
    }
    // Not even JSON, but who would read on to see that?
    bench.ann.send_text(&"[".repeat(20_000)).await;
    let answer = bench.ann.hear().await;
    assert_eq!(
        (&answer["response_status"], &answer["data"]),
        (&400.into(), &Value::Null)
    );
    bench.ann.hears_nothing().await;
    bench.bob.hears_nothing().await;
}

async fn a_binary_frame_is_no_request(setup: Setup) {
    let mut bench = Bench::new(setup).await;
    let request = br#"{"action":"list","request_id":7}"#.to_vec();
    for bytes in [request, Vec::new(), vec![0xFF; 1_000]] {
        bench
            .refuses(
                Message::binary(bytes),
                &behind("null", 400, "null", "binary_frame"),
            )
            .await;
    }
    bench.bob.hears_nothing().await;
}

async fn a_text_that_is_no_utf_8_does_not_end_the_connection(setup: Setup) {
    let service = setup.start().await;
    let mut bob = service.joined(4, 1).await;
    let handshake = Handshake::to("/ws/chat/").bearing(&token_for(3));
    let mut ann = handshake.send(service.address).await.raw();
    ann.send(&masked(
        0x81,
        br#"{"action":"join_room","room_pk":1,"request_id":1}"#,
    ))
    .await;
    assert!(ann.text().await.ends_with(r#""request_id":1}"#));
    let inside = b"{\"action\":\"create_message\",\"msg_text\":\"\xFF\",\"request_id\":7}";
    for bytes in [&b"\xFF"[..], b"\xC3", b"\xED\xA0\x80", b"\xC0\x80", inside] {
        ann.send(&masked(0x81, bytes)).await;
        let answer = ann.text().await;
        let expected = r#""response_status":400,"request_id":null,"error_code":"not_json"}"#;
        assert!(answer.ends_with(expected), "{bytes:x?}: {answer}");
        ann.send(&masked(0x81, br#"{"action":"list","request_id":2}"#))
            .await;
        assert!(
            ann.text()
                .await
                .ends_with(r#""response_status":200,"request_id":2}"#)
        );
    }
    bob.hears_nothing().await;
}

on_every_store!(
    what_is_no_json_is_answered_with_what_could_be_read,
    json_that_is_no_object_is_no_request,
    a_binary_frame_is_no_request,
    a_text_that_is_no_utf_8_does_not_end_the_connection,
);
