//! Puts answers into frames: the same five keys in the same order, and an
//! `error_code` behind them when something was refused.

use aftermatch_ports::model::{Change, MessageId, RoomId, RoomView, Seq, SessionId, Tag, What};
use bytes::Bytes;

use crate::{error::WireError, frame::TextFrame, json, request::Malformed};

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

    pub(crate) fn add(&mut self, view: &RoomView) {
        let Self(frame, begun) = self;
        if std::mem::replace(begun, true) {
            frame.payload().push(b',');
        }
        json::room(frame.payload(), view);
    }

    pub(crate) fn finish(mut self, tag: &Tag) -> Bytes {
        self.0.payload().push(b']');
        let head = Head {
            action: "list",
            status: 200,
            tag,
        };
        end(self.0, &head)
    }
}

/// The answer that is a room: to `join_room` and `current_room_info`.
pub(crate) fn room(action: &str, tag: &Tag, view: &RoomView) -> Bytes {
    let head = Head {
        action,
        status: 200,
        tag,
    };
    success(&head, |out| json::room(out, view))
}

/// The answer to `leave_room`.
pub(crate) fn left(tag: &Tag, room: RoomId) -> Bytes {
    let head = Head {
        action: "leave_room",
        status: 200,
        tag,
    };
    success(&head, |out| {
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
    out.extend_from_slice(tag.map_or("null", Tag::as_str).as_bytes());
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
    told(change, participants, &[])
}

/// What the asker is told instead, where it differs from what all are told.
pub(crate) fn change_for_asker(change: &Change, session: SessionId) -> Option<Bytes> {
    match &change.what {
        What::Deleted { missing, .. } if session == change.session && !missing.is_empty() => {
            Some(told(change, &[], missing))
        }
        _ => None,
    }
}

fn told(change: &Change, participants: &[u8], missing: &[MessageId]) -> Bytes {
    let (action, status) = match change.what {
        What::Created { .. } => ("create_message", 201),
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
        What::Created {
            id,
            text,
            author,
            at,
        } => {
            // Near enough to grow once, and not by and by.
            let profile = author.profile.as_str();
            out.reserve(participants.len() + profile.len() + text.as_str().len() + 256);
            out.extend_from_slice(b"{\"id\":");
            json::plain(out, id);
            out.extend_from_slice(b",\"text\":");
            json::string(out, text.as_str());
            out.extend_from_slice(b",\"user\":");
            json::profile(out, author.id.0, &author.profile);
            out.extend_from_slice(b",\"created_at\":");
            json::time(out, *at);
            out.extend_from_slice(b",\"room\":");
            json::room_with(out, room, |out| out.extend_from_slice(participants));
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

fn success(head: &Head<'_>, data: impl FnOnce(&mut Vec<u8>)) -> Bytes {
    let mut frame = TextFrame::new();
    let out = frame.payload();
    out.extend_from_slice(b"{\"errors\":[],\"data\":");
    data(out);
    end(frame, head)
}

fn end(mut frame: TextFrame, head: &Head<'_>) -> Bytes {
    let out = frame.payload();
    out.extend_from_slice(b",\"action\":");
    json::string(out, head.action);
    out.extend_from_slice(b",\"response_status\":");
    json::plain(out, head.status);
    out.extend_from_slice(b",\"request_id\":");
    out.extend_from_slice(head.tag.as_str().as_bytes());
    out.push(b'}');
    frame.finish()
}
