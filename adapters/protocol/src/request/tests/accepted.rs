//! Requests that are decoded.

use aftermatch_ports::{
    Follow, HistoryRange,
    model::{
        Attachment, ClientMsgId, FollowedRooms, MessageId, Reason, RequestedId, Seq,
        SignedAttachment,
    },
};

use super::*;

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
                epoch: None,
                lean: None,
            }),
        ),
        (
            r#"{"action":"join_room","room_pk":1,"since_seq":7,"request_id":1}"#,
            Parameters::JoinRoom(JoinRoom {
                room_pk: Id(1),
                since_seq: Some(AtLeast(7)),
                epoch: None,
                lean: None,
            }),
        ),
        (
            r#"{"action":"join_room","room_pk":1,"since_seq":7,"epoch":"9f-2b","request_id":1}"#,
            Parameters::JoinRoom(JoinRoom {
                room_pk: Id(1),
                since_seq: Some(AtLeast(7)),
                epoch: Some(ShortText("9f-2b".into())),
                lean: None,
            }),
        ),
        (
            r#"{"action":"join_room","room_pk":1,"epoch":null,"request_id":1}"#,
            Parameters::JoinRoom(JoinRoom {
                room_pk: Id(1),
                since_seq: None,
                epoch: None,
                lean: None,
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
            r#"{"action":"search_messages","text":"\u0416 b","request_id":1}"#,
            Parameters::SearchMessages(SearchMessages {
                text: ShortText("Ж b".into()),
                before_seq: None,
                limit: None,
            }),
        ),
        (
            r#"{"action":"search_messages","text":"","before_seq":7,"limit":100,"request_id":1}"#,
            Parameters::SearchMessages(SearchMessages {
                text: ShortText(String::new()),
                before_seq: Some(AtLeast(7)),
                limit: Some(UpTo(100)),
            }),
        ),
        (
            r#"{"action":"mark_read","seq":7,"request_id":1}"#,
            Parameters::MarkRead(MarkRead {
                seq: AtLeast(7),
                private: None,
            }),
        ),
        (
            r#"{"action":"mark_read","seq":7,"private":true,"request_id":1}"#,
            Parameters::MarkRead(MarkRead {
                seq: AtLeast(7),
                private: Some(true),
            }),
        ),
        (
            r#"{"action":"renew","token":"a.b.c","request_id":1}"#,
            Parameters::Renew(Renew {
                token: "a.b.c".into(),
            }),
        ),
        (r#"{"action":"typing","request_id":1}"#, Parameters::Typing),
        (
            r#"{"action":"follow","rooms":true,"typing":false,"presence":null,"request_id":1}"#,
            Parameters::Follow(Follow {
                rooms: Some(FollowedRooms::InReach),
                typing: Some(false),
                ..Follow::default()
            }),
        ),
        (
            r#"{"action":"follow","rooms":false,"read_positions":true,"request_id":1}"#,
            Parameters::Follow(Follow {
                rooms: Some(FollowedRooms::None),
                read_positions: Some(true),
                ..Follow::default()
            }),
        ),
        (
            r#"{"action":"create_message","msg_text":"a","client_msg_id":"A.1","request_id":1}"#,
            Parameters::CreateMessage {
                text: "a".into(),
                attachments: vec![],
                client_msg_id: Some(ClientMsgId::new("A.1").expect("a fit id")),
            },
        ),
        (
            r#"{"action":"create_message","attachments":[{"id":"f","signature":"s"}],"request_id":1}"#,
            Parameters::CreateMessage {
                text: "".into(),
                attachments: vec![SignedAttachment {
                    attachment: Attachment::new("f".into(), r#"{"id":"f"}"#.into()).expect("short"),
                    signature: "s".into(),
                }],
                client_msg_id: None,
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
                attachments: vec![],
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
            Parameters::DeleteMessages {
                ids: Ids([3, 1, 3].map(|id| MessageId(id).into()).to_vec()),
                reason: None,
            },
        ),
        (
            r#"{"action":"delete_messages","msg_id_list":[],"request_id":1}"#,
            Parameters::DeleteMessages {
                ids: Ids(vec![]),
                reason: None,
            },
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
fn seq_beyond_64_bits_is_clamped() {
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
            epoch: None,
            lean: None,
        });
        let read = decoded(&frame).map(|request| request.parameters);
        assert_eq!(read, Ok(parameters));
    }
}

#[test]
fn room_message_ranges_exclude_each_other() {
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
fn client_msg_id_must_be_short_and_plain() {
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
fn id_beyond_64_bits_matches_nothing() {
    let frame = r#"{"action":"join_room","room_pk":99999999999999999999,"request_id":1}"#;
    let parameters = Parameters::JoinRoom(JoinRoom {
        room_pk: Id::OF_NOTHING,
        since_seq: None,
        epoch: None,
        lean: None,
    });
    let read = decoded(frame).map(|request| request.parameters);
    assert_eq!(read, Ok(parameters));
}

#[test]
fn id_beyond_64_bits_in_list_is_named_as_written() {
    let frame =
        r#"{"action":"delete_messages","msg_id_list":[99999999999999999999,-0,7],"request_id":1}"#;
    let beyond = RequestedId::OfNothing("99999999999999999999".into());
    let ids = vec![beyond, MessageId(0).into(), MessageId(7).into()];
    let parameters = Parameters::DeleteMessages {
        ids: Ids(ids),
        reason: None,
    };
    let read = decoded(frame).map(|request| request.parameters);
    assert_eq!(read, Ok(parameters));
}

#[test]
fn request_id_is_echoed_unchanged() {
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
fn reason_is_read_from_administrators_alone() {
    let read = |reason: &str, endpoint| {
        let frame = format!(
            r#"{{"action":"delete_messages","msg_id_list":[1],"reason":{reason},"request_id":1}}"#
        );
        match decode(frame.as_bytes(), endpoint).map(|request| request.parameters) {
            Ok(Parameters::DeleteMessages { reason, .. }) => Ok(reason),
            Ok(other) => panic!("{other:?}"),
            Err(Malformed { error, .. }) => Err(error.sentence),
        }
    };
    let blank = "`reason` is blank: it needs at least one character that is not white space";
    let too_long = "`reason` has 501 characters: at most 500 are allowed";
    let has_nul = "`reason` has a character U+0000, which cannot be stored";
    let mistyped = "parameter `reason` is a number that cannot be taken: a string was expected";
    for (reason, expected) in [
        (r#"" spam\n""#, Ok(Some(Reason::stored("spam")))),
        ("null", Ok(None)),
        (r#""""#, Err(blank)),
        (r#"" \t""#, Err(blank)),
        (r#""a\u0000""#, Err(has_nul)),
        (&format!("\"{}\"", "ж".repeat(501)), Err(too_long)),
        ("5", Err(mistyped)),
    ] {
        let expected = expected.map_err(str::to_owned);
        assert_eq!(read(reason, Endpoint::AdminChat), expected, "{reason}");
        assert_eq!(read(reason, Endpoint::Chat), Ok(None), "{reason}");
    }
}

#[test]
fn reads_of_the_past_are_read() {
    for (frame, parameters) in [
        (
            r#"{"action":"get_message_history","msg_id":18,"request_id":1}"#,
            Parameters::GetMessageHistory(MessageHistory {
                msg_id: Id(18),
                before_seq: None,
                limit: None,
            }),
        ),
        (
            r#"{"action":"get_audit","before_seq":42,"limit":1,"request_id":1}"#,
            Parameters::GetAudit(Audit {
                before_seq: Some(AtLeast(42)),
                limit: Some(UpTo(1)),
            }),
        ),
    ] {
        let read = decode(frame.as_bytes(), Endpoint::AdminChat);
        assert_eq!(read.map(|request| request.parameters), Ok(parameters));
    }
}
