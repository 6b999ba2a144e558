//! What attackers send.

use aftermatch_test_support::masked;

/// The first byte of a frame.
pub const TEXT: u8 = 0x81;
pub const BINARY: u8 = 0x82;
pub const PING: u8 = 0x89;
pub const PONG: u8 = 0x8A;
const FIRST: u8 = 0x01;
const CONTINUATION: u8 = 0x00;
const FINAL: u8 = 0x80;

pub const LIST: &str = r#"{"action":"list","request_id":1}"#;
pub const LEAVE: &str = r#"{"action":"leave_room","request_id":1}"#;
pub const CREATE: &str = r#"{"action":"create_message","msg_text":"flood","request_id":1}"#;

pub fn text(json: &str) -> Vec<u8> {
    masked(TEXT, json.as_bytes())
}

pub fn join(room: i64) -> Vec<u8> {
    text(&format!(
        r#"{{"action":"join_room","room_pk":{room},"request_id":1}}"#
    ))
}

/// A message in fragments of one byte.
pub fn fragments(json: &str) -> Vec<u8> {
    let last = json.len() - 1;
    let fragments = json.bytes().enumerate().map(|(at, byte)| {
        let first = if at == 0 { FIRST } else { CONTINUATION };
        let end = if at == last { FINAL } else { 0 };
        masked(first | end, &[byte])
    });
    fragments.collect::<Vec<_>>().concat()
}

/// JSON of nearly 64 KiB that ends in the middle.
pub fn malformed() -> Vec<u8> {
    text(&format!(
        r#"{{"action":"list","rest":"{}"#,
        "x".repeat(65_000)
    ))
}

/// Everything that a client can send, by name. None of it writes.
pub fn of_every_kind() -> [(&'static str, Vec<u8>); 10] {
    [
        ("pings", masked(PING, b"")),
        ("pongs", masked(PONG, b"")),
        ("leave_room", text(LEAVE)),
        ("list", text(LIST)),
        ("malformed JSON", malformed()),
        ("binary frames", masked(BINARY, b"x")),
        ("text that is not JSON", text("x")),
        (
            "unknown actions",
            text(r#"{"action":"attack","request_id":1}"#),
        ),
        (
            "wrong parameters",
            text(r#"{"action":"join_room","room_pk":"?","request_id":1}"#),
        ),
        ("fragments", fragments(LIST)),
    ]
}
