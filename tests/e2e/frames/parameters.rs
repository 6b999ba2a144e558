use aftermatch_test_support::{Setup, on_every_store};
use serde_json::json;
use tokio_tungstenite::tungstenite::Message;

use super::{Pair, refusal_end};

const NO_INTEGER: &[&str] = &[
    "null", r#""1""#, r#""""#, "1.0", "1.5", "1e0", "-1e2", "true", "false", "[]", "[1]", "{}",
];
const NO_STRING: &[&str] = &[
    "null",
    "1",
    "1.5",
    "true",
    "false",
    "[]",
    r#"["a"]"#,
    "{}",
    r#"{"a":"b"}"#,
    r#""\ud800""#,
    r#""a\udc00b""#,
    r#""\udc00\ud800""#,
    r#""\ud800a""#,
];
const NO_LIST_OF_INTEGERS: &[&str] = &[
    "null",
    "1",
    r#""1""#,
    r#""[1]""#,
    "true",
    "{}",
    r#"{"0":1}"#,
    r#"["1"]"#,
    "[1.0]",
    "[1e0]",
    "[null]",
    "[true]",
    "[[1]]",
    "[{}]",
    r#"[1,"2"]"#,
];

async fn parameter_missing_or_mistyped_named(setup: Setup) {
    let mut pair = Pair::new(setup).await;
    let deep = format!("{}{}", "[".repeat(20_000), "]".repeat(20_000));
    for (action, others, name, bad) in [
        ("join_room", "", "room_pk", NO_INTEGER),
        ("create_message", "", "msg_text", NO_STRING),
        (
            "edit_message",
            r#""edited_msg_text":"a","#,
            "msg_id",
            NO_INTEGER,
        ),
        (
            "edit_message",
            r#""msg_id":1,"#,
            "edited_msg_text",
            NO_STRING,
        ),
        ("delete_messages", "", "msg_id_list", NO_LIST_OF_INTEGERS),
    ] {
        let expected = refusal_end(&format!("\"{action}\""), 400, "7", "invalid_parameter");
        let given = bad.iter().copied().chain([deep.as_str()]);
        let given = given.map(|value| format!(r#""{name}":{value},"#));
        for given in given.chain([String::new()]) {
            let text = format!(r#"{{"action":"{action}",{others}{given}"request_id":7}}"#);
            let sentence = pair.expect_refusal(Message::text(text), &expected).await;
            assert!(sentence.contains(name), "{action} {given}: {sentence}");
        }
    }
    // The room is still joined, and the message is unchanged.
    pair.bob.expect_silence().await;
    let edit = json!({"action": "edit_message", "msg_id": 1, "edited_msg_text": "hello again"});
    assert_eq!(pair.ann.request(edit).await["response_status"], 200);
    assert_eq!(pair.bob.receive().await["data"]["seq"], 2);
}

async fn integer_beyond_64_bits_matches_nothing(setup: Setup) {
    let service = setup.start().await;
    let mut ann = service.joined(3, 1).await;
    let mut admin = service.admin_chat(9).await;
    for number in [
        "9223372036854775807",
        "9223372036854775808",
        "-9223372036854775809",
        "18446744073709551617",
        "1000000000000000000000000000000",
    ] {
        let join = format!(r#"{{"action":"join_room","room_pk":{number},"request_id":7}}"#);
        let edit = format!(
            r#"{{"action":"edit_message","msg_id":{number},"edited_msg_text":"a","request_id":7}}"#
        );
        let delete =
            format!(r#"{{"action":"delete_messages","msg_id_list":[{number}],"request_id":7}}"#);
        for (text, status, code) in [
            (&join, 403, "room_forbidden"),
            (&edit, 404, "message_not_found"),
            (&delete, 404, "message_not_found"),
        ] {
            ann.send_text(text).await;
            let response = ann.receive().await;
            assert_eq!(
                (&response["response_status"], &response["error_code"]),
                (&status.into(), &code.into()),
                "{text}"
            );
        }
        admin.send_text(&join).await;
        let response = admin.receive().await;
        assert_eq!(response["error_code"], "room_not_found", "{number}");
    }
}

on_every_store!(
    parameter_missing_or_mistyped_named,
    integer_beyond_64_bits_matches_nothing,
);
