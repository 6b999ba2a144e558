use aftermatch_ports::model::{BrandId, ClientMsgId, RoomId, UserId};

use super::*;

fn sentences<T: std::fmt::Debug>(parsed: Result<T, ParseErrors>) -> Vec<String> {
    let errors = parsed.expect_err("a body with errors");
    errors.iter().map(ToString::to_string).collect()
}

#[test]
fn record_alone_has_defaults_of_world_file() {
    let user = parse_user(r#"{"profile": {"b": 1.00}}"#, UserId(3)).expect("a user");
    let user = &user.users()[0];
    assert!(user.active && !user.admin);
    assert_eq!(
        (user.id, user.profile.as_str()),
        (UserId(3), r#"{"b": 1.00}"#)
    );
    let room = parse_room(r#"{"id": 7, "participants": [2, 1]}"#, RoomId(7)).expect("a room");
    let room = &room.rooms()[0];
    assert_eq!(room.participants, [BrandId(2), BrandId(1)]);
    assert_eq!(room.kind.as_str(), "match");
    let brand = parse_brand(r#"{"user_id": 3}"#, BrandId(1)).expect("a brand");
    let brand = &brand.brands()[0];
    assert_eq!((brand.owner, brand.tariff), (UserId(3), None));
}

#[test]
fn record_alone_reports_all_errors_in_order() {
    let body = "{\"id\": 4, \"activ\": 1,\n \"admin\": \"no\", \"profile\": {\"id\": 8}}";
    assert_eq!(
        sentences(parse_user(body, UserId(3))),
        [
            "line 1: id is the number 4; it must be 3, as in the path",
            "line 1: activ is not a key of a user; those are id, active, admin, profile",
            "line 2: admin is the string \"no\"; it must be true or false",
            "line 2: profile.id is the number 8; it must be 3, as the id beside the profile",
        ]
    );
    assert_eq!(
        sentences(parse_room(
            r#"{"participants": [1, "2", 1], "pen": "red"}"#,
            RoomId(7)
        )),
        [
            "line 1: participants[1] is the string \"2\"; it must be an integer from 1 to \
             9223372036854775807",
            "line 1: participants[2] is 1, who is in this room already",
            "line 1: pen is the string \"red\"; it must be \"tariff\", \"always\" or \"never\"",
        ]
    );
    assert_eq!(
        sentences(parse_brand("{}", BrandId(1))),
        ["line 1: user_id is missing"]
    );
}

#[test]
fn body_that_is_no_object_is_named() {
    for (body, expected) in [
        ("", "line 1, column 1: the body is empty"),
        ("[]", "line 1: the body is a list; it must be an object"),
        (
            "{\"a\":}",
            "line 1, column 6: the body is not JSON here: expected value",
        ),
    ] {
        assert_eq!(sentences(parse_edit(body)), [expected], "{body:?}");
        assert_eq!(sentences(parse_records(body)), [expected], "{body:?}");
    }
}

#[test]
fn message_and_edit_are_read() {
    let body = r#"{"user_id": 900, "text": " hi\n", "client_msg_id": "match:17"}"#;
    let message = parse_message(body).expect("a message");
    assert_eq!(message.author, UserId(900));
    assert_eq!(message.text.as_str(), " hi\n");
    let id = message.client_msg_id.as_ref().map(ClientMsgId::as_str);
    assert_eq!(id, Some("match:17"));
    let bare = r#"{"user_id": 900, "text": "hi", "client_msg_id": null}"#;
    assert_eq!(parse_message(bare).expect("a message").client_msg_id, None);
    assert_eq!(
        sentences(parse_message(r#"{"text": " ", "client_msg_id": "a b"}"#)),
        [
            "line 1: user_id is missing",
            "line 1: text is blank; it must say something",
            "line 1: client_msg_id is the string \"a b\"; it must be 1 to 64 characters of A-Z, \
             a-z, 0-9 and . _ : -, or null",
        ]
    );
    assert_eq!(
        sentences(parse_edit(r#"{"text": "a\u0000", "user_id": 3}"#)),
        [
            "line 1: text contains U+0000, which is not allowed in a message",
            "line 1: user_id is not a key of an edit; those are text",
        ]
    );
}

#[test]
fn many_records_may_refer_elsewhere() {
    let records = parse_records(r#"{"rooms": [{"id": 7, "participants": [1, 2]}]}"#);
    assert_eq!(records.expect("records").len(), 1);
    let body = r#"{"users": [{"id": 3}, {"id": 3}, {}], "messages": []}"#;
    assert_eq!(
        sentences(parse_records(body)),
        [
            "line 1: users[1].id is 3, and so is that of users[0]: each user has an id of its own",
            "line 1: users[2].id is missing",
            "line 1: messages is not a key of this body; those are users, brands, rooms",
        ]
    );
}
