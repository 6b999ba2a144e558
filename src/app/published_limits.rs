//! The limits in force, for the page about the protocol.

use std::time::Duration;

use aftermatch_protocol::limits::{
    MAX_FOLLOWED, MAX_IDS, MAX_MESSAGES, MAX_REASON_CHARS, MAX_REPLAY, MAX_ROOMS, MAX_SEARCH_CHARS,
};
use aftermatch_websocket::Limits;

/// A JSON object with a number for each limit, `null` for none. Names that `follow` has,
/// too, mean the same.
pub(super) fn json(limits: &Limits, max_text_chars: usize, handshake: Duration) -> String {
    let number = |number: usize| number.to_string();
    let rate = |rate: Option<u32>| rate.map_or("null".to_owned(), |rate| rate.to_string());
    let millis = |time: Duration| time.as_millis().to_string();
    let fields = [
        ("text_chars", number(max_text_chars)),
        ("frame_bytes", number(limits.frame_bytes)),
        ("requests_per_second", rate(limits.requests_per_second)),
        ("writes_per_second", rate(limits.writes_per_second)),
        ("ids_per_delete", number(MAX_IDS)),
        ("page", number(MAX_MESSAGES)),
        ("rooms", number(MAX_ROOMS)),
        ("followed", number(MAX_FOLLOWED)),
        ("search_chars", number(MAX_SEARCH_CHARS)),
        ("reason_chars", number(MAX_REASON_CHARS)),
        ("replay", number(MAX_REPLAY)),
        ("connections_per_user", number(limits.connections_per_user)),
        ("connections", number(limits.connections)),
        ("outbox_frames", number(limits.outbox_frames)),
        ("outbox_bytes", number(limits.outbox_bytes)),
        ("handshake_ms", millis(handshake)),
        ("ping_ms", millis(limits.ping)),
        ("idle_ms", millis(limits.idle)),
    ];
    let fields = fields.map(|(name, value)| format!(r#""{name}":{value}"#));
    format!("{{{}}}", fields.join(","))
}
