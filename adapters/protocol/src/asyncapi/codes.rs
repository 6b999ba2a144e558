//! What the codes mean, and what a client should do then.

use serde_json::{Value, json};

use crate::{close::Close, error::ErrorCode};

/// Every `error_code` that a frame can have.
pub(super) fn errors() -> Value {
    let error = |code: ErrorCode| {
        json!({
            "error_code": code.as_str(),
            "status": code.status(),
            "meaning": code.meaning(),
            "advice": code.advice(),
        })
    };
    ErrorCode::in_frames().map(error).collect()
}

/// The codes with which the service closes connections.
pub(super) fn closes() -> Value {
    let close = |(close, when, advice): (Close, &str, &str)| json!({"code": close.code, "when": when, "advice": advice});
    [
        (
            Close::NORMAL,
            "a normal end, such as the response to the client's own close",
            "nothing",
        ),
        (
            Close::GOING_AWAY,
            "the service shuts down, after it has responded to the requests in progress; or nothing came from the client for too long",
            "reconnect after a short random pause, and join again",
        ),
        (
            Close::protocol_error(""),
            "the client sent bytes that are not a WebSocket frame, or a close frame with a code that must not be sent",
            "fix the client",
        ),
        (
            Close::NOT_UTF8,
            "the client sent a close frame whose reason is not UTF-8",
            "fix the client",
        ),
        (
            Close::TOO_BIG,
            "the client sent a frame over the limit",
            "send less at once",
        ),
        (
            Close::TOO_SLOW,
            "the client reads too slowly, or there are too many connections",
            "reconnect, after a pause that grows",
        ),
        (
            Close::DEACTIVATED,
            "the user was deactivated; or the access token has ended, where operators close \
             connections then",
            "connect again with a new token; if that gets 401, stop",
        ),
        (
            Close::NO_RIGHT,
            "the user lost the right to the endpoint",
            "stop",
        ),
    ]
    .into_iter()
    .map(close)
    .collect()
}
