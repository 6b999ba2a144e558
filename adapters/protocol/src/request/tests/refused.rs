//! Frames that are refused.

use super::*;

#[test]
fn refusal_echoes_what_could_be_read() {
    let list = Some("list".to_owned());
    let one = Some("1".to_owned());
    for (frame, expected) in [
        ("", (None, None, ErrorCode::NotJson)),
        (
            r#"{"action":"list","request_id":1"#,
            (list.clone(), one.clone(), ErrorCode::NotJson),
        ),
        (
            r#"{"action":"list","request_id":1} x"#,
            (list.clone(), one.clone(), ErrorCode::NotJson),
        ),
        (
            r#"{"action":"list","request_id":"#,
            (list.clone(), None, ErrorCode::NotJson),
        ),
        (r#"["list"]"#, (None, None, ErrorCode::NotAnObject)),
        ("null", (None, None, ErrorCode::NotAnObject)),
        ("[1,", (None, None, ErrorCode::NotJson)),
        ("1 2", (None, None, ErrorCode::NotJson)),
        (
            r#"{"request_id":1}"#,
            (None, one.clone(), ErrorCode::InvalidAction),
        ),
        (
            r#"{"action":5,"request_id":1}"#,
            (None, one.clone(), ErrorCode::InvalidAction),
        ),
        (
            r#"{"action":"list"}"#,
            (list, None, ErrorCode::InvalidRequestId),
        ),
        (
            r#"{"action":"fly","request_id":1}"#,
            (Some("fly".to_owned()), one, ErrorCode::UnknownAction),
        ),
    ] {
        assert_eq!(refusal(frame), expected, "{frame}");
    }
    assert_eq!(
        decode(
            b"{\"action\":\"list\",\"request_id\":\"\xff\"}",
            Endpoint::Chat
        )
        .map_err(|malformed| malformed.error.code),
        Err(ErrorCode::NotJson),
    );
}

#[test]
fn missing_or_mistyped_parameter_is_named() {
    for (action, parameter, value) in [
        ("join_room", "room_pk", ""),
        ("join_room", "room_pk", "1.0"),
        ("join_room", "room_pk", "\"1\""),
        ("join_room", "room_pk", "true"),
        ("create_message", "msg_text", "5"),
        ("create_message", "msg_text", "null"),
        ("create_message", "msg_text", r#""\ud800""#),
        ("delete_messages", "msg_id_list", "5"),
        ("delete_messages", "msg_id_list", "[1,\"2\"]"),
        ("delete_messages", "msg_id_list", "{}"),
        ("edit_message", "msg_id", "[]"),
        ("join_room\",\"room_pk\":1,\"x\":\"", "since_seq", "1.5"),
        ("join_room\",\"room_pk\":1,\"x\":\"", "since_seq", "\"1\""),
        ("create_message\",\"msg_text\":\"a", "client_msg_id", "5"),
        ("get_room_messages", "before_seq", "\"1\""),
        ("get_room_messages", "after_seq", "1.5"),
        ("get_room_messages", "limit", "0"),
        ("get_room_messages", "limit", "101"),
        ("get_room_messages", "limit", "-1"),
        ("get_room_messages", "limit", "99999999999999999999"),
        ("get_room_messages", "page", "0"),
        ("get_room_messages", "page", "true"),
        ("renew", "token", ""),
        ("renew", "token", "1"),
        ("renew", "token", "null"),
        ("search_messages", "text", ""),
        ("search_messages", "text", "5"),
        ("search_messages\",\"text\":\"a", "before_seq", "\"1\""),
        ("search_messages\",\"text\":\"a", "limit", "0"),
        ("search_messages\",\"text\":\"a", "limit", "101"),
        ("follow", "rooms", "1"),
        ("follow", "rooms", "[1,\"2\"]"),
        ("follow", "rooms", "\"all\""),
        ("follow", "typing", "1"),
        ("follow", "presence", "\"true\""),
        ("follow", "read_positions", "[]"),
        ("join_room\",\"room_pk\":1,\"x\":\"", "lean", "1"),
        ("mark_read\",\"seq\":1,\"x\":\"", "private", "\"no\""),
        ("mark_read", "seq", ""),
        ("mark_read", "seq", "-1"),
        ("mark_read", "seq", "null"),
        ("list", "limit", "0"),
        ("list", "limit", "1001"),
        ("list", "after_pk", "{}"),
    ] {
        let given = if value.is_empty() {
            String::new()
        } else {
            format!(",\"{parameter}\":{value}")
        };
        let frame = format!(r#"{{"action":"{action}","request_id":1{given}}}"#);
        let error = decoded(&frame).expect_err(&frame).error;
        assert_eq!(error.code, ErrorCode::InvalidParameter, "{frame}");
        assert!(
            error.sentence.contains(parameter),
            "{frame}: {}",
            error.sentence
        );
    }
}

#[test]
fn mistyped_parameter_error_names_expected_type() {
    for (parameters, sentence) in [
        (
            r#""action":"join_room""#,
            "parameter `room_pk` is missing: an integer was expected",
        ),
        (
            r#""action":"join_room","room_pk":1,"since_seq":{}"#,
            "parameter `since_seq` is an object: an integer was expected",
        ),
        (
            r#""action":"join_room","room_pk":1,"since_seq":7,"epoch":7"#,
            "parameter `epoch` is a number that cannot be taken: a string of at most 64 characters was expected",
        ),
        (
            r#""action":"follow","rooms":[7]"#,
            "parameter `rooms` is a list, which is for administrators: a boolean was expected",
        ),
        (
            r#""action":"follow","rooms":7"#,
            "parameter `rooms` is a number that cannot be taken: a boolean or a list of at most 100 integers was expected",
        ),
        (
            r#""action":"follow","typing":7"#,
            "parameter `typing` is a number that cannot be taken: a boolean was expected",
        ),
        (
            r#""action":"list","limit":1001"#,
            "parameter `limit` is a number that cannot be taken: an integer from 1 to 1000 was expected",
        ),
        (
            r#""action":"get_room_messages","page":0"#,
            "parameter `page` is a number that cannot be taken: an integer from 1 was expected",
        ),
        (
            r#""action":"mark_read","seq":null"#,
            "parameter `seq` is null: an integer from 0 was expected",
        ),
        (
            r#""action":"create_message","msg_text":"\ud800""#,
            "parameter `msg_text` is a string that cannot be taken: a string was expected",
        ),
        (
            r#""action":"create_message","msg_text":"a","client_msg_id":true"#,
            "parameter `client_msg_id` is a boolean: a string was expected",
        ),
        (
            r#""action":"delete_messages","msg_id_list":[1,"2"]"#,
            "parameter `msg_id_list` is a list that cannot be taken: a list of integers was expected",
        ),
    ] {
        let frame = format!(r#"{{{parameters},"request_id":1}}"#);
        assert_eq!(decoded(&frame).expect_err(&frame).error.sentence, sentence);
    }
}

#[test]
fn admin_actions_exclude_room_info_and_marking() {
    for action in ["current_room_info", "mark_read"] {
        let frame = format!(r#"{{"action":"{action}","seq":1,"request_id":1}}"#);
        let unknown = decode(frame.as_bytes(), Endpoint::AdminChat);
        let error = unknown.expect_err("unknown there").error;
        assert_eq!(error.code, ErrorCode::UnknownAction);
    }
}

#[test]
fn brands_cannot_read_the_past() {
    for action in ["get_message_history", "get_audit"] {
        let frame = format!(r#"{{"action":"{action}","msg_id":1,"request_id":1}}"#);
        let error = decoded(&frame).expect_err("unknown there").error;
        assert_eq!(error.code, ErrorCode::UnknownAction);
        assert!(!error.sentence.contains(action), "{}", error.sentence);
    }
}
