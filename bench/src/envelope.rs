//! Requests to create a message, and the frames that come back.
//!
//! The id of a request says when it was sent and by which connection. So every
//! receiver of the frame knows its age without a lookup. The id always has the
//! same number of digits and stands at the end of the frame, so it is found
//! without parsing the frame.

/// The end of the frame of a created message, without the id and the last brace.
const BEFORE_ID: &[u8] = br#","response_status":201,"request_id":"#;

/// What stands between the number of an event, the last of the data, and the action.
const AFTER_SEQ: &[u8] = br#"},"action":""#;

/// How the rest of a frame begins, if it is of a created message.
const CREATED: &[u8] = br#"create_message","response_status":201,"#;

/// How many connections an id can distinguish.
pub(crate) const CONNECTIONS: u64 = 100_000;

/// Ids start with 1: an integer in JSON cannot start with 0.
const FIRST_ID: u64 = 1_000_000_000_000_000_000;
const DIGITS: usize = 19;

/// When a message was sent, and by which connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Stamp {
    /// Nanoseconds since the tool started; less than 10,000 seconds.
    pub(crate) sent: u64,
    /// The number of the author's connection.
    pub(crate) author: u64,
}

impl Stamp {
    fn id(self) -> u64 {
        FIRST_ID + self.sent * CONNECTIONS + self.author
    }

    /// The stamp in the frame of a created message; `None` for any other frame.
    pub(crate) fn of(payload: &[u8]) -> Option<Self> {
        let (before, digits) = payload.strip_suffix(b"}")?.split_last_chunk::<DIGITS>()?;
        if !before.ends_with(BEFORE_ID) || !digits.iter().all(u8::is_ascii_digit) {
            return None;
        }
        let id = digits
            .iter()
            .fold(0_u64, |id, digit| id * 10 + u64::from(digit - b'0'));
        let stamp = id.checked_sub(FIRST_ID)?;
        Some(Self {
            sent: stamp / CONNECTIONS,
            author: stamp % CONNECTIONS,
        })
    }
}

/// A request to create a message. Only its id changes.
pub(crate) struct CreateRequest {
    json: Vec<u8>,
}

impl CreateRequest {
    pub(crate) fn new(text_bytes: usize) -> Self {
        let text = "It is a truth universally acknowledged. "
            .chars()
            .cycle()
            .take(text_bytes)
            .collect::<String>();
        let json =
            format!(r#"{{"action":"create_message","msg_text":"{text}","request_id":{FIRST_ID}}}"#);
        Self {
            json: json.into_bytes(),
        }
    }

    /// The request as JSON, with `stamp` as its id.
    pub(crate) fn stamped(&mut self, stamp: Stamp) -> &[u8] {
        let mut rest = stamp.id();
        for digit in self.json.iter_mut().rev().skip(1).take(DIGITS) {
            *digit = b'0' + u8::try_from(rest % 10).unwrap_or_default();
            rest /= 10;
        }
        &self.json
    }
}

/// The request to join a room.
pub(crate) fn join(room: u64) -> String {
    format!(r#"{{"action":"join_room","room_pk":{room},"request_id":1}}"#)
}

/// Whether `payload` is the response to a successful [`join`].
pub(crate) fn is_joined(payload: &[u8]) -> bool {
    payload.ends_with(br#","action":"join_room","response_status":200,"request_id":1}"#)
}

/// The number of the event, in the frame of a created message.
pub(crate) fn seq(payload: &[u8]) -> Option<u64> {
    let (seq, rest) = split_at_seq(payload)?;
    rest.starts_with(CREATED).then_some(seq)
}

/// The number of the last event before a join, in the response to it; 0 if the
/// server counts no events.
pub(crate) fn last_seq(joined: &[u8]) -> u64 {
    const KEY: &[u8] = br#""last_seq":"#;
    let mut places = joined.windows(KEY.len());
    let start = places.rposition(|place| place == KEY);
    let number = start.and_then(|start| joined.get(start + KEY.len()..));
    let digits = number.and_then(|rest| rest.split(|byte| !byte.is_ascii_digit()).next());
    let digits = digits.and_then(|digits| std::str::from_utf8(digits).ok());
    digits.and_then(|digits| digits.parse().ok()).unwrap_or(0)
}

/// The number at the end of the data, and what comes after it. A text cannot look
/// like that: it has no quotation mark without a backslash.
fn split_at_seq(payload: &[u8]) -> Option<(u64, &[u8])> {
    let mut places = payload.windows(AFTER_SEQ.len());
    let end = places.rposition(|place| place == AFTER_SEQ)?;
    let (data, rest) = payload.split_at_checked(end)?;
    let digits = data.rsplit(|byte| !byte.is_ascii_digit()).next()?;
    data.strip_suffix(digits)?.strip_suffix(br#"seq":"#)?;
    let seq = std::str::from_utf8(digits).ok()?.parse().ok()?;
    Some((seq, rest.get(AFTER_SEQ.len()..)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    const STAMP: Stamp = Stamp {
        sent: 9_999_999_999_999,
        author: 99_999,
    };

    fn response(status: u16, id: u64) -> Vec<u8> {
        format!(
            r#"{{"errors":[],"data":{{}},"action":"create_message","response_status":{status},"request_id":{id}}}"#
        )
        .into_bytes()
    }

    #[test]
    fn stamp_is_read_from_response() {
        let early = Stamp { sent: 0, author: 0 };
        for stamp in [STAMP, early] {
            assert_eq!(Stamp::of(&response(201, stamp.id())), Some(stamp));
        }
    }

    #[test]
    fn other_frames_have_no_stamp() {
        assert_eq!(Stamp::of(&response(400, STAMP.id())), None);
        assert_eq!(Stamp::of(&response(201, 1)), None);
        assert_eq!(Stamp::of(b""), None);
        assert_eq!(Stamp::of(b"}"), None);
    }

    #[test]
    fn request_has_text_and_stamped_id() {
        let mut create = CreateRequest::new(512);
        for stamp in [STAMP, Stamp { sent: 5, author: 7 }] {
            let json: serde_json::Value =
                serde_json::from_slice(create.stamped(stamp)).expect("JSON");
            assert_eq!(json["request_id"], stamp.id());
            assert_eq!(json["msg_text"].as_str().map(str::len), Some(512));
        }
    }

    #[test]
    fn seq_is_read_from_created_message_only() {
        let frame = |seq, action, id| {
            format!(
                r#"{{"errors":[],"data":{{"id":9,{seq}}},"action":"{action},"request_id":{id}}}"#
            )
        };
        let created = r#"create_message","response_status":201"#;
        let own = frame(r#""seq":42"#, created, "7");
        let other = frame(r#""seq":43"#, created, "null");
        assert_eq!(seq(own.as_bytes()), Some(42));
        assert_eq!(seq(other.as_bytes()), Some(43));
        let edited = frame(r#""seq":44"#, r#"edit_message","response_status":200"#, "7");
        assert_eq!(seq(edited.as_bytes()), None);
        assert_eq!(seq(&response(201, 7)), None);
        let joined = frame(
            r#""last_seq":41,"epoch":"009f3c02-2b""#,
            r#"join_room","response_status":200"#,
            "1",
        );
        assert_eq!(last_seq(joined.as_bytes()), 41);
        assert_eq!(last_seq(&response(200, 1)), 0);
    }

    #[test]
    fn only_join_response_means_joined() {
        let joined = br#"{"errors":[],"data":{"pk":1},"action":"join_room","response_status":200,"request_id":1}"#;
        assert!(is_joined(joined));
        assert!(!is_joined(&response(200, 1)));
    }
}
