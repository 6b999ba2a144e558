use aftermatch_test_support::{Setup, on_every_store};
use tokio_tungstenite::tungstenite::Message;

use super::{Pair, refusal_end};

async fn request_id_returned_unchanged(setup: Setup) {
    let mut pair = Pair::new(setup).await;
    let letters = format!("\"{}\"", "a".repeat(64));
    let emoji = format!("\"{}\"", "🦀".repeat(64));
    let escaped = format!("\"{}\"", r"\ud83e\udd80".repeat(64));
    for id in [
        "0",
        "7",
        "-7",
        "9223372036854775807",
        "-9223372036854775808",
        "9223372036854775808",
        "123456789012345678901234567890123456789012345678901234567890",
        "-123456789012345678901234567890",
        r#""""#,
        r#""7""#,
        r#"" ""#,
        r#""\u0041\/\n\"""#,
        r#""\u0000""#,
        r#""ж""#,
        &letters,
        &emoji,
        &escaped,
    ] {
        pair.ann
            .send_text(&format!(r#"{{"action":"leave_room","request_id":{id}}}"#))
            .await;
        let response = pair.ann.receive_text().await;
        let expected =
            format!(r#""action":"leave_room","response_status":200,"request_id":{id}}}"#);
        assert!(response.ends_with(&expected), "{response}");
        // A refusal returns it unchanged too.
        let refused = Message::text(format!(r#"{{"action":"leave_room","request_id":{id}}}"#));
        pair.expect_refusal(
            refused,
            &refusal_end(r#""leave_room""#, 400, id, "not_in_room"),
        )
        .await;
        pair.ann.join(1).await;
    }
    pair.bob.expect_silence().await;
}

async fn request_id_malformed_refused(setup: Setup) {
    let mut pair = Pair::new(setup).await;
    let letters = format!("\"{}\"", "a".repeat(65));
    let emoji = format!("\"{}\"", "🦀".repeat(65));
    let deep = format!("{}{}", "[".repeat(20_000), "]".repeat(20_000));
    for id in [
        "null",
        "1.5",
        "1.0",
        "1e3",
        "-1E+3",
        "true",
        "false",
        "{}",
        r#"{"id":1}"#,
        "[]",
        "[1]",
        r#""\ud800""#,
        r#""\udc00\ud800""#,
        &letters,
        &emoji,
        &deep,
    ] {
        let text = format!(r#"{{"action":"create_message","request_id":{id},"msg_text":"a"}}"#);
        let expected = refusal_end(r#""create_message""#, 400, "null", "invalid_request_id");
        pair.expect_refusal(Message::text(text), &expected).await;
    }
    let expected = refusal_end(r#""list""#, 400, "null", "invalid_request_id");
    pair.expect_refusal(Message::text(r#"{"action":"list"}"#), &expected)
        .await;
    pair.bob.expect_silence().await;
}

on_every_store!(request_id_returned_unchanged, request_id_malformed_refused,);
