//! What the examples tell of: the frames in them are made of this by the
//! encoder that makes all others.

use std::sync::Arc;

use aftermatch_ports::{
    History, Joined, Listed, Missed,
    model::{
        Author, Brand, BrandId, Change, ClientMsgId, Message, MessageId, Profile, Revision, Room,
        RoomId, RoomView, Seq, Tag, Text, UserId, What,
    },
};
use bytes::Bytes;
use serde_json::Value;
use time::macros::datetime;

use crate::json;

pub(super) const ROOM: RoomId = RoomId(1);
pub(super) const MESSAGE: MessageId = MessageId(18);

/// The mark on the requests.
pub(super) fn tag() -> Tag {
    Tag::new("1500000")
}

pub(super) fn room() -> RoomView {
    let brand = |(id, profile): (i64, &str)| {
        Arc::new(Brand {
            id: BrandId(id),
            tariff: None,
            tariff_until: None,
            profile: Profile::new(profile),
        })
    };
    let participants = [
        (
            1,
            r#"{"brand_name_pos":"Alpha, founder","tg_nickname":"@alpha"}"#,
        ),
        (2, r#"{"brand_name_pos":"Beta, CMO","tg_nickname":"@beta"}"#),
    ];
    let room = Room {
        id: ROOM,
        revision: Revision(1),
        participants: participants.into_iter().map(brand).collect(),
    };
    RoomView {
        room: Arc::new(room),
        has_business: true,
    }
}

/// The JSON of the room's brands.
pub(super) fn participants() -> Vec<u8> {
    json::participants_of(&room().room)
}

pub(super) fn message() -> Message {
    Message {
        id: MESSAGE,
        room: ROOM,
        author: Author {
            id: UserId(3),
            profile: Profile::new(r#"{"email":"ann@example.com"}"#),
        },
        text: Text::kept("hello"),
        at: datetime!(2024-06-17 18:00 UTC).into(),
        edited_at: None,
        client_id: None,
        seq: Seq(41),
        changed: Seq(41),
    }
}

/// The same message, which its author has given a name.
pub(super) fn message_with_client_id() -> Message {
    Message {
        client_id: ClientMsgId::new("a-7").ok(),
        ..message()
    }
}

/// The same message, edited since.
pub(super) fn edited_message() -> Message {
    Message {
        text: Text::kept("edit"),
        edited_at: Some(datetime!(2024-06-17 18:05 UTC).into()),
        changed: Seq(42),
        ..message_with_client_id()
    }
}

/// Ann writes the message, with nothing but what is needed.
pub(super) fn created() -> Change {
    change(41, What::Created(message()))
}

pub(super) fn edited() -> Change {
    let (id, text) = (MESSAGE, Text::kept("edit"));
    change(42, What::Edited { id, text })
}

pub(super) fn deleted(missing: &[i64]) -> Change {
    let ids = vec![MESSAGE];
    let missing = missing.iter().copied().map(MessageId).collect();
    change(43, What::Deleted { ids, missing })
}

pub(super) fn change(seq: i64, what: What) -> Change {
    Change {
        seq: Seq(seq),
        room: room(),
        asker: None,
        tag: tag(),
        what,
    }
}

/// The same change, which nobody asked for.
pub(super) fn unasked(change: Change) -> Change {
    Change {
        tag: Tag::NONE,
        ..change
    }
}

pub(super) fn joined(missed: Missed) -> Joined {
    Joined {
        view: room(),
        last: Seq(43),
        missed,
    }
}

pub(super) fn listed() -> Listed {
    Listed {
        view: room(),
        last: Seq(43),
        unread: Some(1),
        last_message: Some(edited_message()),
    }
}

pub(super) fn history() -> History {
    History {
        messages: vec![edited_message()],
        older: true,
        newer: true,
        last: Seq(43),
    }
}

/// What is in a frame of the service, as JSON.
pub(super) fn payload(frame: &Bytes) -> Value {
    let header = match frame.get(1) {
        Some(127) => 10,
        Some(126) => 4,
        _ => 2,
    };
    let payload = frame.get(header..).unwrap_or_default();
    serde_json::from_slice(payload).unwrap_or_default()
}
