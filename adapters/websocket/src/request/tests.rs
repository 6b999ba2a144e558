use proptest::prelude::*;

use super::*;

fn decoded(frame: &str) -> Result<Request<'_>, Malformed> {
    decode(frame.as_bytes(), Endpoint::Chat)
}

fn refusal(frame: &str) -> (Option<String>, Option<String>, Code) {
    let Malformed { action, tag, error } = decoded(frame).expect_err(frame);
    (action, tag.map(|tag| tag.as_str().to_owned()), error.code)
}

#[test]
fn every_action_is_read() {
    for (frame, action) in [
        (r#"{"action":"list","request_id":1}"#, Action::List),
        (
            r#"{"action":"join_room","room_pk":-5,"request_id":1}"#,
            Action::JoinRoom { room: RoomId(-5) },
        ),
        (
            r#"{"action":"leave_room","request_id":1}"#,
            Action::LeaveRoom,
        ),
        (
            r#"{"request_id":1,"msg_text":"a\n\u0416","action":"create_message"}"#,
            Action::CreateMessage {
                text: "a\nЖ".into(),
            },
        ),
        (
            r#"{"action":"edit_message","msg_id":18,"edited_msg_text":"b","request_id":1}"#,
            Action::EditMessage {
                id: MessageId(18),
                text: "b".into(),
            },
        ),
        (
            r#"{"action":"delete_messages","msg_id_list":[3,1,3],"request_id":1}"#,
            Action::DeleteMessages {
                ids: vec![MessageId(3), MessageId(1), MessageId(3)],
            },
        ),
        (
            r#"{"action":"delete_messages","msg_id_list":[],"request_id":1}"#,
            Action::DeleteMessages { ids: vec![] },
        ),
        (
            r#"{"action":"current_room_info","request_id":1}"#,
            Action::CurrentRoomInfo,
        ),
        (
            r#"{"\u0061ction":"list","request_id":1,"x":[{"y":null}]}"#,
            Action::List,
        ),
        (
            r#"{"action":"leave_room","action":"list","request_id":1}"#,
            Action::List,
        ),
    ] {
        assert_eq!(
            decoded(frame),
            Ok(Request {
                tag: Tag::new("1"),
                action
            }),
            "{frame}"
        );
    }
}

#[test]
fn an_integer_beyond_64_bits_names_nothing() {
    let frame = r#"{"action":"join_room","room_pk":99999999999999999999,"request_id":1}"#;
    let action = Action::JoinRoom {
        room: RoomId(NAMES_NOTHING),
    };
    assert_eq!(decoded(frame).map(|request| request.action), Ok(action));
}

#[test]
fn a_request_id_is_echoed_as_it_was_written() {
    let longest = format!("\"{}\"", "🦀".repeat(64));
    for id in [
        "1",
        "-7",
        "0",
        "123456789012345678901234567890",
        r#""a\u0062""#,
        "\"\"",
        &longest,
    ] {
        let frame = format!(r#"{{"action":"list","request_id":{id}}}"#);
        assert_eq!(decoded(&frame).map(|request| request.tag), Ok(Tag::new(id)));
    }
    let too_long = format!("\"{}\"", "a".repeat(65));
    for id in [
        "null",
        "1.0",
        "1e3",
        "true",
        "[1]",
        "{}",
        r#""\ud800""#,
        &too_long,
    ] {
        let frame = format!(r#"{{"action":"list","request_id":{id}}}"#);
        assert_eq!(
            refusal(&frame),
            (Some("list".to_owned()), None, Code::InvalidRequestId),
            "{id}"
        );
    }
}

#[test]
fn what_could_be_read_is_told_back() {
    let list = Some("list".to_owned());
    let one = Some("1".to_owned());
    for (frame, told) in [
        ("", (None, None, Code::NotJson)),
        (
            r#"{"action":"list","request_id":1"#,
            (list.clone(), one.clone(), Code::NotJson),
        ),
        (
            r#"{"action":"list","request_id":1} x"#,
            (list.clone(), one.clone(), Code::NotJson),
        ),
        (
            r#"{"action":"list","request_id":"#,
            (list.clone(), None, Code::NotJson),
        ),
        (r#"["list"]"#, (None, None, Code::NotAnObject)),
        ("null", (None, None, Code::NotAnObject)),
        (
            r#"{"request_id":1}"#,
            (None, one.clone(), Code::InvalidAction),
        ),
        (
            r#"{"action":5,"request_id":1}"#,
            (None, one.clone(), Code::InvalidAction),
        ),
        (r#"{"action":"list"}"#, (list, None, Code::InvalidRequestId)),
        (
            r#"{"action":"fly","request_id":1}"#,
            (Some("fly".to_owned()), one, Code::UnknownAction),
        ),
    ] {
        assert_eq!(refusal(frame), told, "{frame}");
    }
    assert_eq!(
        decode(
            b"{\"action\":\"list\",\"request_id\":\"\xff\"}",
            Endpoint::Chat
        )
        .map_err(|malformed| malformed.error.code),
        Err(Code::NotJson),
    );
}

#[test]
fn a_parameter_that_is_missing_or_of_the_wrong_type_is_named() {
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
    ] {
        let given = if value.is_empty() {
            String::new()
        } else {
            format!(",\"{parameter}\":{value}")
        };
        let frame = format!(r#"{{"action":"{action}","request_id":1{given}}}"#);
        let error = decoded(&frame).expect_err(&frame).error;
        assert_eq!(error.code, Code::InvalidParameter, "{frame}");
        assert!(
            error.sentence.contains(parameter),
            "{frame}: {}",
            error.sentence
        );
    }
}

#[test]
fn administrators_have_no_current_room_info() {
    let frame = br#"{"action":"current_room_info","request_id":1}"#;
    let error = decode(frame, Endpoint::AdminChat)
        .expect_err("unknown there")
        .error;
    assert_eq!(error.code, Code::UnknownAction);
}

/// Pieces of requests, put together in any order: close enough to a request to
/// get deep into the decoder.
fn almost_a_request() -> impl Strategy<Value = String> {
    let pieces = prop::sample::select(vec![
        "{",
        "}",
        "[",
        "]",
        ",",
        ":",
        "\"",
        "\\",
        "\\u",
        "d800",
        "\"action\"",
        "\"list\"",
        "null",
        "\"create_message\"",
        "\"msg_text\"",
        "\"request_id\"",
        "\"msg_id_list\"",
        "1",
        "-",
        ".",
        "e9",
        "\"delete_messages\"",
        " ",
        "\u{0}",
        "\u{feff}",
        "ж",
    ]);
    prop::collection::vec(pieces, 0..40).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn no_frame_gets_the_better_of_the_decoder(
        bytes in prop::collection::vec(any::<u8>(), 0..200),
        text in almost_a_request(),
    ) {
        let _ = decode(&bytes, Endpoint::Chat);
        let _ = decode(text.as_bytes(), Endpoint::AdminChat);
    }

    #[test]
    fn any_text_arrives_as_it_was_sent(text: String, id: i64) {
        let frame = serde_json::json!({"action": "create_message", "msg_text": text, "request_id": id});
        let frame = frame.to_string();
        let request = decoded(&frame).expect("a good request");
        prop_assert_eq!(request.action, Action::CreateMessage { text: text.into() });
        prop_assert_eq!(request.tag, Tag::new(id.to_string()));
    }

    #[test]
    fn a_request_cut_anywhere_is_refused(cut in 0usize..60) {
        let whole = r#"{"action":"edit_message","msg_id":18,"edited_msg_text":"b","request_id":1}"#;
        prop_assert_eq!(refusal(&whole[..cut]).2, Code::NotJson);
    }
}
