use aftermatch_test_support::{Setup, masked, on_every_store};
use serde_json::Value;
use tokio_tungstenite::tungstenite::Message;

use super::{Pair, refusal_end};

async fn malformed_json_refused_with_readable_parts(setup: Setup) {
    let mut pair = Pair::new(setup).await;
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
        pair.expect_refusal(
            Message::text(text),
            &refusal_end(action, 400, request_id, "not_json"),
        )
        .await;
    }
    pair.bob.expect_silence().await;
}

async fn json_without_object_refused(setup: Setup) {
    let mut pair = Pair::new(setup).await;
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
        pair.expect_refusal(
            Message::text(text),
            &refusal_end("null", 400, "null", "not_an_object"),
        )
        .await;
    }
    // This is not JSON either, but a reader may stop at the first bracket.
    pair.ann.send_text(&"[".repeat(20_000)).await;
    let response = pair.ann.receive().await;
    assert_eq!(
        (&response["response_status"], &response["data"]),
        (&400.into(), &Value::Null)
    );
    pair.ann.expect_silence().await;
    pair.bob.expect_silence().await;
}

async fn binary_frame_refused(setup: Setup) {
    let mut pair = Pair::new(setup).await;
    let request = br#"{"action":"list","request_id":7}"#.to_vec();
    for bytes in [request, Vec::new(), vec![0xFF; 1_000]] {
        pair.expect_refusal(
            Message::binary(bytes),
            &refusal_end("null", 400, "null", "binary_frame"),
        )
        .await;
    }
    pair.bob.expect_silence().await;
}

async fn invalid_utf8_refused_connection_survives(setup: Setup) {
    let service = setup.start().await;
    let mut bob = service.joined(4, 1).await;
    let mut ann = service.raw_chat(3).await;
    ann.send(&masked(
        0x81,
        br#"{"action":"join_room","room_pk":1,"request_id":1}"#,
    ))
    .await;
    assert!(ann.receive_text().await.ends_with(r#""request_id":1}"#));
    let inside = b"{\"action\":\"create_message\",\"msg_text\":\"\xFF\",\"request_id\":7}";
    for bytes in [&b"\xFF"[..], b"\xC3", b"\xED\xA0\x80", b"\xC0\x80", inside] {
        ann.send(&masked(0x81, bytes)).await;
        let response = ann.receive_text().await;
        let expected = r#""response_status":400,"request_id":null,"error_code":"not_json"}"#;
        assert!(response.ends_with(expected), "{bytes:x?}: {response}");
        ann.send(&masked(0x81, br#"{"action":"list","request_id":2}"#))
            .await;
        assert!(
            ann.receive_text()
                .await
                .ends_with(r#""response_status":200,"request_id":2}"#)
        );
    }
    bob.expect_silence().await;
}

on_every_store!(
    malformed_json_refused_with_readable_parts,
    json_without_object_refused,
    binary_frame_refused,
    invalid_utf8_refused_connection_survives,
);
