use proptest::prelude::*;

use aftermatch_ports::{
    HistoryRange,
    model::{ClientMsgId, MessageId, Seq},
};

use super::*;

fn decoded(frame: &str) -> Result<Request<'_>, Malformed> {
    decode(frame.as_bytes(), Endpoint::Chat)
}

fn refusal(frame: &str) -> (Option<String>, Option<String>, ErrorCode) {
    let Malformed {
        action,
        request_id,
        error,
    } = decoded(frame).expect_err(frame);
    (
        action,
        request_id.and_then(|id| id.as_str().map(str::to_owned)),
        error.code,
    )
}

#[test]
fn every_action_is_read() {
    for (frame, parameters) in [
        (
            r#"{"action":"list","request_id":1}"#,
            Parameters::List(List {
                limit: None,
                after_pk: None,
            }),
        ),
        (
            r#"{"action":"join_room","room_pk":-5,"request_id":1}"#,
            Parameters::JoinRoom(JoinRoom {
                room_pk: Id(-5),
                since_seq: None,
            }),
        ),
        (
            r#"{"action":"join_room","room_pk":1,"since_seq":7,"request_id":1}"#,
            Parameters::JoinRoom(JoinRoom {
                room_pk: Id(1),
                since_seq: Some(AtLeast(7)),
            }),
        ),
        (
            r#"{"action":"list","after_pk":7,"request_id":1}"#,
            Parameters::List(List {
                limit: None,
                after_pk: Some(AtLeast(7)),
            }),
        ),
        (
            r#"{"action":"list","limit":2,"after_pk":null,"request_id":1}"#,
            Parameters::List(List {
                limit: Some(UpTo(2)),
                after_pk: None,
            }),
        ),
        (
            r#"{"action":"get_room_messages","request_id":1}"#,
            range(HistoryRange::Newest, 50),
        ),
        (
            r#"{"action":"get_room_messages","before_seq":7,"limit":100,"request_id":1}"#,
            range(HistoryRange::Before(Seq(7)), 100),
        ),
        (
            r#"{"action":"get_room_messages","after_seq":0,"limit":1,"request_id":1}"#,
            range(HistoryRange::After(Seq(0)), 1),
        ),
        (
            r#"{"action":"get_room_messages","page":3,"request_id":1}"#,
            Parameters::GetRoomMessages(RoomMessages::Page(3)),
        ),
        (
            r#"{"action":"mark_read","seq":7,"request_id":1}"#,
            Parameters::MarkRead(MarkRead { seq: AtLeast(7) }),
        ),
        (
            r#"{"action":"create_message","msg_text":"a","client_msg_id":"A.1","request_id":1}"#,
            Parameters::CreateMessage {
                text: "a".into(),
                client_msg_id: Some(ClientMsgId::new("A.1").expect("a fit id")),
            },
        ),
        (
            r#"{"action":"leave_room","request_id":1}"#,
            Parameters::LeaveRoom,
        ),
        (
            r#"{"request_id":1,"msg_text":"a\n\u0416","action":"create_message"}"#,
            Parameters::CreateMessage {
                text: "a\nЖ".into(),
                client_msg_id: None,
            },
        ),
        (
            r#"{"action":"edit_message","msg_id":18,"edited_msg_text":"b","request_id":1}"#,
            Parameters::EditMessage(EditMessage {
                msg_id: Id(18),
                edited_msg_text: "b".into(),
            }),
        ),
        (
            r#"{"action":"delete_messages","msg_id_list":[3,1,3],"request_id":1}"#,
            Parameters::DeleteMessages(DeleteMessages {
                msg_id_list: Ids(vec![MessageId(3), MessageId(1), MessageId(3)]),
            }),
        ),
        (
            r#"{"action":"delete_messages","msg_id_list":[],"request_id":1}"#,
            Parameters::DeleteMessages(DeleteMessages {
                msg_id_list: Ids(vec![]),
            }),
        ),
        (
            r#"{"action":"current_room_info","request_id":1}"#,
            Parameters::CurrentRoomInfo,
        ),
        (
            r#"{"\u0061ction":"list","request_id":1,"x":[{"y":null}]}"#,
            Parameters::List(List {
                limit: None,
                after_pk: None,
            }),
        ),
        (
            r#"{"action":"leave_room","action":"list","request_id":1}"#,
            Parameters::List(List {
                limit: None,
                after_pk: None,
            }),
        ),
    ] {
        assert_eq!(
            decoded(frame),
            Ok(Request {
                request_id: RequestId::new("1"),
                parameters
            }),
            "{frame}"
        );
    }
}

fn range(range: HistoryRange, limit: usize) -> Parameters<'static> {
    Parameters::GetRoomMessages(RoomMessages::Range { range, limit })
}

#[test]
fn a_seq_beyond_64_bits_is_the_outermost() {
    for (seq, least) in [
        ("-99999999999999999999", true),
        ("99999999999999999999", false),
    ] {
        let outermost = AtLeast(if least { i64::MIN } else { i64::MAX });
        let frame =
            format!(r#"{{"action":"join_room","room_pk":1,"since_seq":{seq},"request_id":1}}"#);
        let parameters = Parameters::JoinRoom(JoinRoom {
            room_pk: Id(1),
            since_seq: Some(outermost),
        });
        let read = decoded(&frame).map(|request| request.parameters);
        assert_eq!(read, Ok(parameters));
    }
}

#[test]
fn ways_through_a_room_exclude_each_other() {
    for both in [
        r#""before_seq":1,"after_seq":1"#,
        r#""before_seq":1,"page":1"#,
        r#""after_seq":1,"page":1"#,
        r#""page":1,"limit":1"#,
    ] {
        let frame = format!(r#"{{"action":"get_room_messages",{both},"request_id":1}}"#);
        let error = decoded(&frame).expect_err(&frame).error;
        assert_eq!(error.code, ErrorCode::InvalidParameter, "{frame}");
    }
}

#[test]
fn a_client_msg_id_is_short_and_plain() {
    for id in ["", "a b", "ж", &"x".repeat(65)] {
        let frame = serde_json::json!({
            "action": "create_message", "msg_text": "a", "client_msg_id": id, "request_id": 1,
        });
        assert_eq!(
            refusal(&frame.to_string()).2,
            ErrorCode::InvalidClientMsgId,
            "{id:?}"
        );
    }
}

#[test]
fn an_integer_beyond_64_bits_names_nothing() {
    let frame = r#"{"action":"join_room","room_pk":99999999999999999999,"request_id":1}"#;
    let parameters = Parameters::JoinRoom(JoinRoom {
        room_pk: Id::OF_NOTHING,
        since_seq: None,
    });
    let read = decoded(frame).map(|request| request.parameters);
    assert_eq!(read, Ok(parameters));
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
        assert_eq!(
            decoded(&frame).map(|request| request.request_id),
            Ok(RequestId::new(id))
        );
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
            (Some("list".to_owned()), None, ErrorCode::InvalidRequestId),
            "{id}"
        );
    }
}

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
fn unfit_parameter_is_named_with_what_was_expected() {
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
fn administrators_have_no_current_room_info_and_read_nothing_off() {
    for action in ["current_room_info", "mark_read"] {
        let frame = format!(r#"{{"action":"{action}","seq":1,"request_id":1}}"#);
        let unknown = decode(frame.as_bytes(), Endpoint::AdminChat);
        let error = unknown.expect_err("unknown there").error;
        assert_eq!(error.code, ErrorCode::UnknownAction);
    }
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
        prop_assert_eq!(request.parameters, Parameters::CreateMessage { text: text.into(), client_msg_id: None });
        prop_assert_eq!(request.request_id, RequestId::new(id.to_string()));
    }

    #[test]
    fn a_request_cut_anywhere_is_refused(cut in 0usize..60) {
        let whole = r#"{"action":"edit_message","msg_id":18,"edited_msg_text":"b","request_id":1}"#;
        prop_assert_eq!(refusal(&whole[..cut]).2, ErrorCode::NotJson);
    }
}
