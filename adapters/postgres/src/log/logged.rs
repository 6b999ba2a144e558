use aftermatch_ports::model::{
    Attachments, Author, ClientMsgId, EventKind, LoggedEvent, Message, MessageId, Profile,
    RequestId, RoomId, Seq, Text, UserId,
};
use sqlx::FromRow;

use crate::moment::{Moment, Row};

/// An event. All columns are null where an outer join found none.
#[derive(FromRow)]
pub(super) struct LoggedRow {
    seq: Option<i64>,
    kind: Option<String>,
    user_id: Option<i64>,
    at: Option<Moment>,
    request_id: Option<String>,
    message_ids: Option<Vec<i64>>,
    /// Of a create.
    client_msg_id: Option<String>,
    /// Of a create, its author's profile.
    author: Option<String>,
    /// Of a create.
    attachments: Option<String>,
    /// Of a create or an edit. Null if it cannot be read any more.
    text: Option<String>,
}

impl LoggedRow {
    /// The event, if it can be read as it was.
    pub(super) fn event(self, room: RoomId) -> Option<LoggedEvent> {
        let by = UserId(self.user_id?);
        let (seq, kind, ids) = (Seq(self.seq?), self.kind?, self.message_ids?);
        let row = match ids.first() {
            Some(id) if kind == "created" => Row::Message(*id),
            _ => Row::Event(room.0, seq.0),
        };
        let at = self.at?.shown(row);
        let mut ids = ids.into_iter().map(MessageId);
        let kind = match kind.as_str() {
            "created" => EventKind::Created(Message {
                id: ids.next()?,
                room,
                author: Author {
                    id: by,
                    profile: Profile::new(self.author?),
                },
                text: Text::stored(self.text?),
                attachments: self.attachments.map(Attachments::stored),
                created_at: at,
                edited_at: None,
                client_msg_id: self.client_msg_id.and_then(|id| ClientMsgId::new(&id).ok()),
                seq,
                changed_seq: seq,
            }),
            "edited" => EventKind::Edited {
                id: ids.next()?,
                text: Text::stored(self.text?),
            },
            "deleted" => EventKind::Deleted {
                ids: ids.collect(),
                missing: Vec::new(),
            },
            _ => return None,
        };
        Some(LoggedEvent {
            seq,
            by,
            at,
            request_id: self.request_id.map_or(RequestId::NONE, RequestId::new),
            kind,
        })
    }
}
