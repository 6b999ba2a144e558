//! The shapes that answers are made of, written straight into the frame.

use aftermatch_ports::model::{Message, MessageId, Profile, Room, RoomView, Timestamp};
use serde::Deserialize;
use time::{OffsetDateTime, format_description::BorrowedFormatItem, macros::format_description};

const TIME: &[BorrowedFormatItem<'_>] =
    format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:3]Z");

/// A JSON string.
pub(crate) fn string(out: &mut Vec<u8>, text: &str) {
    // Writing a string into memory cannot fail.
    let _ = serde_json::to_writer(out, text);
}

/// A number, `true` or `false`.
pub(crate) fn plain(out: &mut Vec<u8>, value: impl std::fmt::Display) {
    use std::io::Write;
    let _ = write!(out, "{value}");
}

/// `"2024-06-17T18:00:00.000Z"`.
pub(crate) fn time(out: &mut Vec<u8>, at: Timestamp) {
    out.push(b'"');
    let _ = OffsetDateTime::from(at).format_into(out, TIME);
    out.push(b'"');
}

/// `[1,2,3]`, each item written by `item`.
pub(crate) fn list<T>(
    out: &mut Vec<u8>,
    items: impl IntoIterator<Item = T>,
    mut item: impl FnMut(&mut Vec<u8>, T),
) {
    out.push(b'[');
    for (nth, value) in items.into_iter().enumerate() {
        if nth > 0 {
            out.push(b',');
        }
        item(out, value);
    }
    out.push(b']');
}

/// `[18,19]`.
pub(crate) fn message_ids(out: &mut Vec<u8>, ids: &[MessageId]) {
    list(out, ids, plain);
}

/// A profile as it came, with `id` in front where it has none of its own.
pub(crate) fn profile(out: &mut Vec<u8>, id: i64, profile: &Profile) {
    #[derive(Deserialize)]
    struct Identified {
        #[serde(rename = "id")]
        _id: serde::de::IgnoredAny,
    }
    let text = profile.as_str();
    if serde_json::from_str::<Identified>(text).is_ok() {
        out.extend_from_slice(text.as_bytes());
        return;
    }
    out.extend_from_slice(b"{\"id\":");
    plain(out, id);
    let members = text
        .trim_start()
        .strip_prefix('{')
        .unwrap_or("}")
        .trim_start();
    if !members.starts_with('}') {
        out.push(b',');
    }
    out.extend_from_slice(members.as_bytes());
}

/// The brands of a room, in its order: what is the same at every moment.
pub(crate) fn participants(out: &mut Vec<u8>, room: &Room) {
    list(out, &room.participants, |out, brand| {
        profile(out, brand.id.0, &brand.profile);
    });
}

/// The same for itself.
pub(crate) fn participants_of(room: &Room) -> Vec<u8> {
    let mut out = Vec::new();
    participants(&mut out, room);
    out
}

/// A room.
pub(crate) fn room(out: &mut Vec<u8>, view: &RoomView) {
    room_with(out, view, |out| participants(out, &view.room));
}

/// A room whose participants are written by `participants`.
pub(crate) fn room_with(
    out: &mut Vec<u8>,
    view: &RoomView,
    participants: impl FnOnce(&mut Vec<u8>),
) {
    out.extend_from_slice(b"{\"pk\":");
    plain(out, view.room.id);
    out.extend_from_slice(b",\"participants\":");
    participants(out);
    out.extend_from_slice(b",\"has_business\":");
    plain(out, view.has_business);
    out.push(b'}');
}

/// A message as history shows it.
pub(crate) fn message(out: &mut Vec<u8>, message: &Message) {
    message_head(out, message);
    out.extend_from_slice(b",\"room_id\":");
    plain(out, message.room);
    client_msg_id(out, message);
    out.extend_from_slice(b",\"seq\":");
    plain(out, message.seq);
    out.extend_from_slice(b",\"edited_at\":");
    match message.edited_at {
        Some(at) => time(out, at),
        None => out.extend_from_slice(b"null"),
    }
    out.push(b'}');
}

/// What a message begins with, wherever it is shown.
pub(crate) fn message_head(out: &mut Vec<u8>, message: &Message) {
    out.extend_from_slice(b"{\"id\":");
    plain(out, message.id);
    out.extend_from_slice(b",\"text\":");
    string(out, message.text.as_str());
    out.extend_from_slice(b",\"user\":");
    profile(out, message.author.id.0, &message.author.profile);
    out.extend_from_slice(b",\"created_at\":");
    time(out, message.at);
}

/// The name that its author's program gave a message, where it did.
pub(crate) fn client_msg_id(out: &mut Vec<u8>, message: &Message) {
    if let Some(id) = &message.client_id {
        out.extend_from_slice(b",\"client_msg_id\":");
        string(out, id.as_str());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(write: impl FnOnce(&mut Vec<u8>)) -> String {
        let mut out = Vec::new();
        write(&mut out);
        String::from_utf8(out).expect("UTF-8")
    }

    #[test]
    fn a_profile_comes_as_it_stands_with_an_id() {
        for (given, passed_on) in [
            ("{}", r#"{"id":7}"#),
            (" { } ", r#"{"id":7} "#),
            (r#"{"b":1,"a":2}"#, r#"{"id":7,"b":1,"a":2}"#),
            (r#"{"b":1, "id":7}"#, r#"{"b":1, "id":7}"#),
            (r#"{"\u0069d":7}"#, r#"{"\u0069d":7}"#),
            (r#"{"a":{"id":1}}"#, r#"{"id":7,"a":{"id":1}}"#),
            (
                r#"{"n":12345678901234567890.50}"#,
                r#"{"id":7,"n":12345678901234567890.50}"#,
            ),
        ] {
            let passed = written(|out| profile(out, 7, &Profile::new(given)));
            assert_eq!(passed, passed_on, "{given}");
        }
    }

    #[test]
    fn times_are_utc_with_milliseconds() {
        for (seconds, millis, text) in [
            (1_718_647_200, 0, "\"2024-06-17T18:00:00.000Z\""),
            (0, 7, "\"1970-01-01T00:00:00.007Z\""),
        ] {
            let at = OffsetDateTime::from_unix_timestamp(seconds).expect("a second of our age")
                + time::Duration::milliseconds(millis);
            assert_eq!(written(|out| time(out, at.into())), text);
        }
    }
}
