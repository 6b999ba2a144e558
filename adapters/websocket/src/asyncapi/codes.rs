//! What the codes mean, and what a client is to do about them.

use aftermatch_ports::model::Eviction;
use serde_json::{Value, json};

use crate::{
    error::Code,
    transport::{Close, frame::Violation},
};

/// Every `error_code` that a frame can have.
pub(super) fn errors() -> Value {
    let error = |code: Code| {
        let (status, word) = code.wire();
        let (meaning, advice) = meaning(code);
        json!({"error_code": word, "status": status, "meaning": meaning, "advice": advice})
    };
    Code::IN_FRAMES.into_iter().map(error).collect()
}

fn meaning(code: Code) -> (&'static str, &'static str) {
    match code {
        Code::NotJson => (
            "a text frame that is no JSON, invalid UTF-8 included",
            "mend the client",
        ),
        Code::NotAnObject => ("JSON, but no object", "mend the client"),
        Code::BinaryFrame => ("a binary frame", "send text frames"),
        Code::InvalidAction => ("`action` is missing or no string", "mend the client"),
        Code::InvalidRequestId => (
            "`request_id` is missing, `null`, or not as it has to be; the answer has `null` in its place",
            "mend the client",
        ),
        Code::UnknownAction => (
            "this endpoint has no such action",
            "look at the name and at the endpoint",
        ),
        Code::InvalidParameter => (
            "a parameter is missing or of the wrong type; the sentence names it",
            "mend the client",
        ),
        Code::NotInRoom => ("the action needs a joined room", "join one"),
        Code::TooManyIds => (
            "too many messages in one deletion",
            "send several smaller ones",
        ),
        Code::TextBlank => (
            "nothing but (Unicode) white space",
            "ask the user for a text",
        ),
        Code::TextTooLong => (
            "more characters than allowed; the sentence names the limit",
            "ask the user for a shorter text",
        ),
        Code::TextHasNul => ("U+0000 in the text", "take it out"),
        Code::InvalidClientMsgId => (
            "`client_msg_id` is empty, too long, or has other characters",
            "mend the client",
        ),
        Code::ClientMsgIdTaken => (
            "the user has given this `client_msg_id` to another text in this room, or to a message that has been deleted",
            "give a new message a new one",
        ),
        Code::InvalidToken => ("the access token is not good", "get another one"),
        Code::UserDeactivated => (
            "the user may not use the platform any more; the connection is closed",
            "stop; do not reconnect",
        ),
        Code::RoomForbidden => (
            "the brand takes no part in this room, or there is no such room",
            "forget the room",
        ),
        Code::BusinessRequired => (
            "an administrator asked, and no participant has the business tariff",
            "show the room as one to read",
        ),
        Code::BrandRequired => (
            "the user owns no brand any more; the connection is closed",
            "stop; do not reconnect",
        ),
        Code::AdminRequired => (
            "the user is no administrator any more; the connection is closed",
            "stop; do not reconnect",
        ),
        Code::RoomNotFound => (
            "an administrator asked, and there is no such room",
            "forget the room",
        ),
        Code::MessageNotFound => (
            "not there, not the user's own, or of another room; of a deletion: none was deleted",
            "take it for gone, or for not yours",
        ),
        Code::TooManyRequests => (
            "this connection asks faster than the service allows it to; nothing was done",
            "wait for `retry_after_ms`",
        ),
        Code::Internal => (
            "the service failed, and trying again will hardly help",
            "tell the user and the operators",
        ),
        Code::Unavailable => (
            "the service cannot do it right now",
            "try again, after a pause that grows",
        ),
    }
}

/// The codes with which the service closes connections.
pub(super) fn closes() -> Value {
    let close = |(code, when, advice): (u16, &str, &str)| json!({"code": code, "when": when, "advice": advice});
    [
        (
            Close::NORMAL.code,
            "a normal end, such as the answer to the client's own close",
            "nothing",
        ),
        (
            Close::GOING_AWAY.code,
            "the service shuts down, after the answers in flight; also when nothing came from the client for too long",
            "reconnect after a short random pause, and join again",
        ),
        (
            Violation::Protocol("").close_code(),
            "the client sent bytes that are no WebSocket frame",
            "mend the client",
        ),
        (
            Violation::TooBig.close_code(),
            "the client sent a frame over the limit",
            "send less at once",
        ),
        (
            Close::TOO_SLOW.code,
            "the client reads too slowly, or there are too many connections",
            "reconnect, after a pause that grows",
        ),
        (
            Close::DEACTIVATED.code,
            "the user was deactivated",
            "stop",
        ),
        (
            Close::NO_RIGHT.code,
            "the user lost the right to the endpoint",
            "stop",
        ),
    ]
    .into_iter()
    .map(close)
    .collect()
}

/// Every way to lose a seat.
pub(super) const EVICTIONS: [Eviction; 3] = [
    Eviction::BrandRemoved,
    Eviction::RoomRemoved,
    Eviction::BrandLost,
];
