//! Puts answers into frames: the same five keys in the same order, and an
//! `error_code` behind them when something was refused.

use aftermatch_ports::{
    History, Joined, Listed, Missed,
    model::{Change, Eviction, Message, MessageId, RoomId, RoomView, Seq, Tag, What},
};
use bytes::Bytes;

use crate::{error::WireError, json, request::Malformed, transport::frame::TextFrame};

/// What stands around the data of an answer.
struct Head<'a> {
    action: &'a str,
    status: u16,
    tag: &'a Tag,
}

/// The answer to `list`, to which rooms are added one by one.
pub(crate) struct RoomList(TextFrame, bool);

impl RoomList {
    pub(crate) fn new() -> Self {
        let mut frame = TextFrame::new();
        frame
            .payload()
            .extend_from_slice(b"{\"errors\":[],\"data\":[");
        Self(frame, false)
    }

    pub(crate) fn add(&mut self, listed: &Listed) {
        let Self(frame, begun) = self;
        let out = frame.payload();
        if std::mem::replace(begun, true) {
            out.push(b',');
        }
        json::room(out, &listed.view);
        reopen(out);
        out.extend_from_slice(b",\"last_seq\":");
        json::plain(out, listed.last);
        if let Some(unread) = listed.unread {
            out.extend_from_slice(b",\"unread\":");
            json::plain(out, unread);
        }
        out.extend_from_slice(b",\"last_message\":");
        match &listed.last_message {
            Some(message) => json::message(out, message),
            None => out.extend_from_slice(b"null"),
        }
        out.push(b'}');
    }

    /// The whole list.
    pub(crate) fn finish(self, tag: &Tag) -> Bytes {
        self.end(tag).finish()
    }

    /// A portion of it, behind which `next` goes on.
    pub(crate) fn finish_portion(self, tag: &Tag, next: Option<RoomId>) -> Bytes {
        let mut frame = self.end(tag);
        let out = frame.payload();
        reopen(out);
        out.extend_from_slice(b",\"next_after_pk\":");
        number_or_null(out, next);
        out.push(b'}');
        frame.finish()
    }

    fn end(mut self, tag: &Tag) -> TextFrame {
        self.0.payload().push(b']');
        let head = Head {
            action: "list",
            status: 200,
            tag,
        };
        end(self.0, &head)
    }
}

/// The answer to `current_room_info`.
pub(crate) fn room(tag: &Tag, view: &RoomView) -> Bytes {
    success("current_room_info", tag, |out| json::room(out, view))
}

/// The answer to `join_room`.
pub(crate) fn joined(tag: &Tag, joined: &Joined) -> Bytes {
    success("join_room", tag, |out| {
        json::room(out, &joined.view);
        reopen(out);
        out.extend_from_slice(b",\"last_seq\":");
        json::plain(out, joined.last);
        match joined.missed {
            Missed::NotAsked => {}
            Missed::TooMuch => out.extend_from_slice(b",\"resumed\":false"),
            Missed::Steps(_) => out.extend_from_slice(b",\"resumed\":true"),
        }
        out.push(b'}');
    })
}

/// The answer to `get_room_messages` that is a stretch of them.
pub(crate) fn history(tag: &Tag, history: &History) -> Bytes {
    let messages = &history.messages;
    let first = messages.first().filter(|_| history.older);
    let last = messages.last().filter(|_| history.newer);
    success("get_room_messages", tag, |out| {
        out.extend_from_slice(b"{\"results\":");
        json::list(out, messages, json::message);
        out.extend_from_slice(b",\"next_before_seq\":");
        number_or_null(out, first.map(|message| message.seq));
        out.extend_from_slice(b",\"next_after_seq\":");
        number_or_null(out, last.map(|message| message.seq));
        out.extend_from_slice(b",\"last_seq\":");
        json::plain(out, history.last);
        out.push(b'}');
    })
}

/// The answer to `get_room_messages` that is a page of them.
pub(crate) fn page(tag: &Tag, count: u64, messages: &[Message], next: Option<u64>) -> Bytes {
    success("get_room_messages", tag, |out| {
        out.extend_from_slice(b"{\"count\":");
        json::plain(out, count);
        out.extend_from_slice(b",\"results\":");
        json::list(out, messages, json::message);
        out.extend_from_slice(b",\"next\":");
        number_or_null(out, next);
        out.push(b'}');
    })
}

/// The answer to `mark_read`.
pub(crate) fn read(tag: &Tag, room: RoomId, seq: Seq) -> Bytes {
    success("mark_read", tag, |out| {
        out.extend_from_slice(b"{\"room_id\":");
        json::plain(out, room);
        out.extend_from_slice(b",\"seq\":");
        json::plain(out, seq);
        out.push(b'}');
    })
}

/// Why a seat was taken away, as a word.
pub(crate) fn reason(why: Eviction) -> &'static str {
    match why {
        Eviction::RoomRemoved => "room_removed",
        Eviction::BrandRemoved => "brand_removed",
        Eviction::BrandLost => "brand_lost",
    }
}

/// What whoever had a seat in a room is told when it was taken away.
pub(crate) fn room_closed(room: RoomId, why: Eviction) -> Bytes {
    success("room_closed", &Tag::NONE, |out| {
        out.extend_from_slice(b"{\"room_pk\":");
        json::plain(out, room);
        out.extend_from_slice(b",\"reason\":");
        json::string(out, reason(why));
        out.push(b'}');
    })
}

/// The answer to `leave_room`.
pub(crate) fn left(tag: &Tag, room: RoomId) -> Bytes {
    success("leave_room", tag, |out| {
        out.extend_from_slice(b"{\"response\":");
        json::string(out, &format!("leaved room {room} successfully!"));
        out.push(b'}');
    })
}

/// The refusal of a request that could be read.
pub(crate) fn refused(action: &str, tag: &Tag, error: &WireError) -> Bytes {
    refusal(Some(action), Some(tag), error)
}

/// The refusal of what is no request.
pub(crate) fn malformed(malformed: &Malformed) -> Bytes {
    let Malformed { action, tag, error } = malformed;
    refusal(action.as_deref(), tag.as_ref(), error)
}

fn refusal(action: Option<&str>, tag: Option<&Tag>, error: &WireError) -> Bytes {
    let (status, code) = error.code.wire();
    let mut frame = TextFrame::new();
    let out = frame.payload();
    out.extend_from_slice(b"{\"errors\":[");
    json::string(out, &error.sentence);
    out.extend_from_slice(b"],\"data\":null,\"action\":");
    match action {
        Some(action) => json::string(out, action),
        None => out.extend_from_slice(b"null"),
    }
    out.extend_from_slice(b",\"response_status\":");
    json::plain(out, status);
    out.extend_from_slice(b",\"request_id\":");
    out.extend_from_slice(tag.and_then(Tag::as_str).unwrap_or("null").as_bytes());
    out.extend_from_slice(b",\"error_code\":");
    json::string(out, code);
    if let Some(wait) = error.retry_after {
        out.extend_from_slice(b",\"retry_after_ms\":");
        // Never too early by the rest of a millisecond.
        json::plain(out, wait.as_millis() + 1);
    }
    out.push(b'}');
    frame.finish()
}

/// The frame in which a change is told. `participants` is the JSON of the
/// room's brands, which does not change from one message to the next.
pub(crate) fn change(change: &Change, participants: &[u8]) -> Bytes {
    told(change, participants, &[]).finish()
}

/// What the asker is told instead, where it differs from what all are told.
pub(crate) fn change_for_asker(change: &Change) -> Option<Bytes> {
    match &change.what {
        What::Deleted { missing, .. } if !missing.is_empty() => {
            Some(told(change, &[], missing).finish())
        }
        _ => None,
    }
}

/// What the asker is told of a message that was kept before.
pub(crate) fn repeated(change: &Change, participants: &[u8]) -> Bytes {
    success("create_message", &change.tag, |out| {
        data(out, change, participants)
    })
}

/// A change that somebody missed.
pub(crate) fn replayed(change: &Change, participants: &[u8]) -> Bytes {
    let mut frame = told(change, participants, &[]);
    let out = frame.payload();
    reopen(out);
    out.extend_from_slice(b",\"replay\":true}");
    frame.finish()
}

fn told(change: &Change, participants: &[u8], missing: &[MessageId]) -> TextFrame {
    let (action, status) = match change.what {
        What::Created(_) => ("create_message", 201),
        What::Edited { .. } => ("edit_message", 200),
        What::Deleted { .. } => ("delete_messages", 200),
    };
    let head = Head {
        action,
        status,
        tag: &change.tag,
    };
    let mut frame = TextFrame::new();
    let out = frame.payload();
    out.extend_from_slice(b"{\"errors\":[");
    if !missing.is_empty() {
        json::string(out, &not_deleted(missing));
    }
    out.extend_from_slice(b"],\"data\":");
    data(out, change, participants);
    end(frame, &head)
}

fn data(out: &mut Vec<u8>, change: &Change, participants: &[u8]) {
    let room = &change.room;
    match &change.what {
        What::Created(message) => {
            // Near enough to grow once, and not by and by.
            let profile = message.author.profile.as_str();
            out.reserve(participants.len() + profile.len() + message.text.as_str().len() + 256);
            json::message_head(out, message);
            out.extend_from_slice(b",\"room\":");
            json::room_with(out, room, |out| out.extend_from_slice(participants));
            json::client_msg_id(out, message);
        }
        What::Edited { id, text } => {
            room_id(out, room);
            out.extend_from_slice(b",\"message_id\":");
            json::plain(out, id);
            out.extend_from_slice(b",\"message_text\":");
            json::string(out, text.as_str());
        }
        What::Deleted { ids, .. } => {
            room_id(out, room);
            out.extend_from_slice(b",\"messages_ids\":");
            json::message_ids(out, ids);
        }
    }
    seq(out, change.seq);
}

fn room_id(out: &mut Vec<u8>, view: &RoomView) {
    out.extend_from_slice(b"{\"room_id\":");
    json::plain(out, view.room.id);
}

fn seq(out: &mut Vec<u8>, seq: Seq) {
    out.extend_from_slice(b",\"seq\":");
    json::plain(out, seq);
    out.push(b'}');
}

fn not_deleted(missing: &[MessageId]) -> String {
    let mut ids = Vec::new();
    json::message_ids(&mut ids, missing);
    format!(
        "not deleted: {}: already gone, not yours to delete, or not of this room",
        String::from_utf8_lossy(&ids)
    )
}

fn success(action: &str, tag: &Tag, data: impl FnOnce(&mut Vec<u8>)) -> Bytes {
    let head = Head {
        action,
        status: 200,
        tag,
    };
    let mut frame = TextFrame::new();
    let out = frame.payload();
    out.extend_from_slice(b"{\"errors\":[],\"data\":");
    data(out);
    end(frame, &head).finish()
}

/// Takes the last brace away, for more to follow.
fn reopen(out: &mut Vec<u8>) {
    out.pop();
}

fn number_or_null(out: &mut Vec<u8>, number: Option<impl std::fmt::Display>) {
    match number {
        Some(number) => json::plain(out, number),
        None => out.extend_from_slice(b"null"),
    }
}

fn end(mut frame: TextFrame, head: &Head<'_>) -> TextFrame {
    let out = frame.payload();
    out.extend_from_slice(b",\"action\":");
    json::string(out, head.action);
    out.extend_from_slice(b",\"response_status\":");
    json::plain(out, head.status);
    out.extend_from_slice(b",\"request_id\":");
    out.extend_from_slice(head.tag.as_str().unwrap_or("null").as_bytes());
    out.push(b'}');
    frame
}
