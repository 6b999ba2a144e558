//! An event as JSON. Keys are short: a notification has little room.

use std::borrow::Cow;

use aftermatch_ports::{
    RemoteContent, RemoteEvent, RemoteKind,
    model::{
        Attachments, ClientMsgId, Epoch, MessageId, RequestId, Revision, RoomId, Seq, Text,
        Timestamp, UserId,
    },
};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

#[derive(Serialize, Deserialize)]
struct Event<'a> {
    /// The epoch.
    log: (u32, i64),
    seq: i64,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    event: Option<Content<'a>>,
}

#[derive(Serialize, Deserialize)]
struct Content<'a> {
    /// Microseconds since 1970: what the database stores.
    at: i64,
    by: i64,
    /// The revision of the author.
    author: i64,
    /// The revision of the room.
    room: i64,
    /// The text of the JSON that the client sent, as a string: it is not read, so it
    /// stays as it was written.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    request_id: Option<Cow<'a, str>>,
    #[serde(borrow)]
    kind: Kind<'a>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Kind<'a> {
    Created {
        id: i64,
        #[serde(borrow)]
        text: Cow<'a, str>,
        /// The text of their JSON, as a string. A program that does not know it delivers the
        /// message without.
        #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
        attachments: Option<Cow<'a, str>>,
        #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
        client_msg_id: Option<Cow<'a, str>>,
    },
    Edited {
        id: i64,
        #[serde(borrow)]
        text: Cow<'a, str>,
    },
    Deleted {
        ids: Vec<i64>,
    },
}

/// The event, as one line of text, with its content or without. `None`: a time
/// beyond what the database can store.
pub(crate) fn to_json(event: &RemoteEvent, with_content: bool) -> Option<String> {
    let content = event.content.as_ref().filter(|_| with_content);
    let sent = Event {
        log: (event.epoch.store, event.epoch.room),
        seq: event.seq.0,
        event: content.and_then(Content::of),
    };
    // Text has no reason to be refused.
    serde_json::to_string(&sent).ok()
}

/// The event of this room that is in a line. `None`: not as this version of the program writes it.
#[must_use]
pub fn from_json(room: RoomId, json: &str) -> Option<RemoteEvent> {
    let sent: Event<'_> = serde_json::from_str(json).ok()?;
    let content = match sent.event {
        Some(content) => Some(content.into_remote()?),
        None => None,
    };
    let (store, epoch) = sent.log;
    Some(RemoteEvent {
        room,
        epoch: Epoch { store, room: epoch },
        seq: Seq(sent.seq),
        content,
    })
}

impl<'a> Content<'a> {
    fn of(content: &'a RemoteContent) -> Option<Self> {
        Some(Self {
            at: microseconds(content.at)?,
            by: content.by.0,
            author: content.author.0,
            room: content.room.0,
            request_id: content.request_id.as_str().map(Cow::Borrowed),
            kind: Kind::of(&content.kind),
        })
    }

    fn into_remote(self) -> Option<RemoteContent> {
        Some(RemoteContent {
            at: timestamp(self.at)?,
            by: UserId(self.by),
            author: Revision(self.author),
            room: Revision(self.room),
            request_id: self.request_id.map_or(RequestId::NONE, RequestId::new),
            kind: self.kind.into_remote()?,
        })
    }
}

impl<'a> Kind<'a> {
    fn of(kind: &'a RemoteKind) -> Self {
        match kind {
            RemoteKind::Created {
                id,
                text,
                attachments,
                client_msg_id,
            } => Self::Created {
                id: id.0,
                text: text.as_str().into(),
                attachments: attachments.as_ref().map(|json| json.as_str().into()),
                client_msg_id: client_msg_id.as_ref().map(|id| id.as_str().into()),
            },
            RemoteKind::Edited { id, text } => Self::Edited {
                id: id.0,
                text: text.as_str().into(),
            },
            RemoteKind::Deleted { ids } => Self::Deleted {
                ids: ids.iter().map(|id| id.0).collect(),
            },
        }
    }

    fn into_remote(self) -> Option<RemoteKind> {
        Some(match self {
            Self::Created {
                id,
                text,
                attachments,
                client_msg_id,
            } => RemoteKind::Created {
                id: MessageId(id),
                text: Text::stored(text),
                attachments: attachments.map(Attachments::stored),
                client_msg_id: match client_msg_id {
                    Some(id) => Some(ClientMsgId::new(&id).ok()?),
                    None => None,
                },
            },
            Self::Edited { id, text } => RemoteKind::Edited {
                id: MessageId(id),
                text: Text::stored(text),
            },
            Self::Deleted { ids } => RemoteKind::Deleted {
                ids: ids.into_iter().map(MessageId).collect(),
            },
        })
    }
}

fn microseconds(at: Timestamp) -> Option<i64> {
    let nanoseconds = OffsetDateTime::from(at).unix_timestamp_nanos();
    i64::try_from(nanoseconds.div_euclid(1_000)).ok()
}

fn timestamp(microseconds: i64) -> Option<Timestamp> {
    let nanoseconds = i128::from(microseconds) * 1_000;
    let at = OffsetDateTime::from_unix_timestamp_nanos(nanoseconds);
    at.ok().map(Into::into)
}
