use aftermatch_test_support::{Setup, on_every_store};
use tokio_tungstenite::tungstenite::Message;

use super::{Pair, refusal_end};

async fn action_missing_or_unknown_refused(setup: Setup) {
    let mut pair = Pair::new(setup).await;
    for (text, action, status, request_id, code) in [
        ("{}", "null", 400, "null", "invalid_action"),
        (r#"{"request_id":7}"#, "null", 400, "7", "invalid_action"),
        (
            r#"{"action":null,"request_id":7}"#,
            "null",
            400,
            "7",
            "invalid_action",
        ),
        (
            r#"{"action":1,"request_id":7}"#,
            "null",
            400,
            "7",
            "invalid_action",
        ),
        (
            r#"{"action":true,"request_id":7}"#,
            "null",
            400,
            "7",
            "invalid_action",
        ),
        (
            r#"{"action":[],"request_id":7}"#,
            "null",
            400,
            "7",
            "invalid_action",
        ),
        (
            r#"{"action":["list"],"request_id":7}"#,
            "null",
            400,
            "7",
            "invalid_action",
        ),
        (
            r#"{"action":{},"request_id":7}"#,
            "null",
            400,
            "7",
            "invalid_action",
        ),
        (
            r#"{"action":"\ud800","request_id":7}"#,
            "null",
            400,
            "7",
            "invalid_action",
        ),
        (
            r#"{"action":null,"request_id":null}"#,
            "null",
            400,
            "null",
            "invalid_action",
        ),
        (
            r#"{"action":"dance"}"#,
            r#""dance""#,
            400,
            "null",
            "invalid_request_id",
        ),
        (
            r#"{"action":"","request_id":7}"#,
            r#""""#,
            405,
            "7",
            "unknown_action",
        ),
        (
            r#"{"action":"LIST","request_id":7}"#,
            r#""LIST""#,
            405,
            "7",
            "unknown_action",
        ),
        (
            r#"{"action":"list ","request_id":7}"#,
            r#""list ""#,
            405,
            "7",
            "unknown_action",
        ),
        (
            r#"{"action":"танец","request_id":7}"#,
            r#""танец""#,
            405,
            "7",
            "unknown_action",
        ),
        (
            r#"{"action":"a\"\n\u0000","request_id":7}"#,
            r#""a\"\n\u0000""#,
            405,
            "7",
            "unknown_action",
        ),
    ] {
        pair.expect_refusal(
            Message::text(text),
            &refusal_end(action, status, request_id, code),
        )
        .await;
    }
    pair.bob.expect_silence().await;
}

async fn admin_current_room_info_unknown(setup: Setup) {
    let service = setup.start().await;
    let mut admin = service.admin_chat(9).await;
    for action in ["current_room_info", "dance"] {
        let sent = format!(r#"{{"action":"{action}","request_id":7}}"#);
        admin.send_text(&sent).await;
        let response = admin.receive_text().await;
        let expected = refusal_end(&format!("{action:?}"), 405, "7", "unknown_action");
        assert!(response.ends_with(&expected), "{response}");
        admin.expect_silence().await;
    }
}

async fn duplicate_keys_last_one_wins(setup: Setup) {
    let mut pair = Pair::new(setup).await;
    let text = r#"{"action":"dance","request_id":1,"action":"list","request_id":2}"#;
    assert_eq!(pair.expect_success(text).await["request_id"], 2);
    let text = r#"{"room_pk":"x","action":"join_room","room_pk":3,"room_pk":2,"request_id":7}"#;
    assert_eq!(pair.expect_success(text).await["data"]["pk"], 2);
    let text = r#"{"action":"join_room","room_pk":1,"room_pk":"x","request_id":7}"#;
    let expected = refusal_end(r#""join_room""#, 400, "7", "invalid_parameter");
    pair.expect_refusal(Message::text(text), &expected).await;
    let text = r#"{"action":"list","request_id":7,"action":null}"#;
    pair.expect_refusal(
        Message::text(text),
        &refusal_end("null", 400, "7", "invalid_action"),
    )
    .await;
}

async fn unknown_keys_and_escapes_accepted(setup: Setup) {
    let mut pair = Pair::new(setup).await;
    let deep = format!("{}{}", "[".repeat(20_000), "]".repeat(20_000));
    for text in [
        r#"{"x":{"action":"leave_room","request_id":1},"action":"list","":0,"request_id":7,"data":[null]}"#,
        r#"{"\u0061ction":"l\u0069st","request\u005fid":7}"#,
        r#"{"action":"list","request_id":7,"room_pk":"not asked for","msg_text":"\ud800"}"#,
        "\r\n\t {\n\"action\" : \"list\" ,\t\"request_id\" : 7 } \n",
        &format!(r#"{{"x":{deep},"action":"list","request_id":7}}"#),
    ] {
        let response = pair.expect_success(text).await;
        assert_eq!(
            (&response["action"], &response["request_id"]),
            (&"list".into(), &7.into())
        );
    }
    pair.bob.expect_silence().await;
}

on_every_store!(
    action_missing_or_unknown_refused,
    admin_current_room_info_unknown,
    duplicate_keys_last_one_wins,
    unknown_keys_and_escapes_accepted,
);
