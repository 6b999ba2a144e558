use tokio_tungstenite::tungstenite::Message;

use super::{Bench, behind};
use crate::harness::{Setup, on_every_store};

async fn the_action_is_a_string_that_the_endpoint_knows(setup: Setup) {
    let mut bench = Bench::new(setup).await;
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
        bench
            .refuses(
                Message::text(text),
                &behind(action, status, request_id, code),
            )
            .await;
    }
    bench.bob.hears_nothing().await;
}

async fn administrators_have_no_current_room_info(setup: Setup) {
    let service = setup.start().await;
    let mut boss = service.admin_chat(9).await;
    for action in ["current_room_info", "dance"] {
        let sent = format!(r#"{{"action":"{action}","request_id":7}}"#);
        boss.send_text(&sent).await;
        let answer = boss.text().await;
        let expected = behind(&format!("{action:?}"), 405, "7", "unknown_action");
        assert!(answer.ends_with(&expected), "{answer}");
        boss.hears_nothing().await;
    }
}

async fn of_keys_that_come_twice_the_last_counts(setup: Setup) {
    let mut bench = Bench::new(setup).await;
    let text = r#"{"action":"dance","request_id":1,"action":"list","request_id":2}"#;
    assert_eq!(bench.accepts(text).await["request_id"], 2);
    let text = r#"{"room_pk":"x","action":"join_room","room_pk":3,"room_pk":2,"request_id":7}"#;
    assert_eq!(bench.accepts(text).await["data"]["pk"], 2);
    let text = r#"{"action":"join_room","room_pk":1,"room_pk":"x","request_id":7}"#;
    let expected = behind(r#""join_room""#, 400, "7", "invalid_parameter");
    bench.refuses(Message::text(text), &expected).await;
    let text = r#"{"action":"list","request_id":7,"action":null}"#;
    bench
        .refuses(
            Message::text(text),
            &behind("null", 400, "7", "invalid_action"),
        )
        .await;
}

async fn keys_that_mean_nothing_and_escapes_do_no_harm(setup: Setup) {
    let mut bench = Bench::new(setup).await;
    let deep = format!("{}{}", "[".repeat(20_000), "]".repeat(20_000));
    for text in [
        r#"{"x":{"action":"leave_room","request_id":1},"action":"list","":0,"request_id":7,"data":[null]}"#,
        r#"{"\u0061ction":"l\u0069st","request\u005fid":7}"#,
        r#"{"action":"list","request_id":7,"room_pk":"not asked for","msg_text":"\ud800"}"#,
        "\r\n\t {\n\"action\" : \"list\" ,\t\"request_id\" : 7 } \n",
        &format!(r#"{{"x":{deep},"action":"list","request_id":7}}"#),
    ] {
        let answer = bench.accepts(text).await;
        assert_eq!(
            (&answer["action"], &answer["request_id"]),
            (&"list".into(), &7.into())
        );
    }
    bench.bob.hears_nothing().await;
}

on_every_store!(
    the_action_is_a_string_that_the_endpoint_knows,
    administrators_have_no_current_room_info,
    of_keys_that_come_twice_the_last_counts,
    keys_that_mean_nothing_and_escapes_do_no_harm,
);
