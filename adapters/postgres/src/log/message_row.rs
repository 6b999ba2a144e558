use aftermatch_ports::model::{
    Attachments, Author, ClientMsgId, Message, MessageId, Profile, RoomId, Seq, Text, UserId,
};
use sqlx::FromRow;

use crate::moment::{Moment, Row};

/// The columns of a [`MessageRow`]: a message `m` and its author `u`.
macro_rules! columns {
    () => {
        "m.id AS message_id, m.room_id, m.user_id, u.profile::text AS author, m.text,
         m.created_at, m.edited_at, m.client_msg_id, m.seq, m.changed_seq,
         m.attachments::text AS attachments"
    };
}
pub(crate) use columns;

/// How many bytes of text and attachments a message `$of` has. Null if it is deleted.
macro_rules! bytes {
    ($of:literal) => {
        concat!(
            "(octet_length(",
            $of,
            ".text) + COALESCE(octet_length(",
            $of,
            ".attachments::text), 0))"
        )
    };
}
pub(crate) use bytes;

/// A message. All columns are null where an outer join found none.
#[derive(FromRow)]
pub(crate) struct MessageRow {
    pub(crate) message_id: Option<i64>,
    room_id: Option<i64>,
    user_id: Option<i64>,
    author: Option<String>,
    text: Option<String>,
    created_at: Option<Moment>,
    edited_at: Option<Moment>,
    client_msg_id: Option<String>,
    seq: Option<i64>,
    pub(crate) changed_seq: Option<i64>,
    attachments: Option<String>,
}

impl MessageRow {
    /// The message, if there is one and it is not deleted.
    pub(crate) fn message(self) -> Option<Message> {
        let client_msg_id = self.client_msg_id;
        let id = self.message_id?;
        Some(Message {
            id: MessageId(id),
            room: RoomId(self.room_id?),
            author: Author {
                id: UserId(self.user_id?),
                profile: Profile::new(self.author?),
            },
            text: Text::stored(self.text?),
            attachments: self.attachments.map(Attachments::stored),
            created_at: self.created_at?.shown(Row::Message(id)),
            edited_at: self.edited_at.map(|at| at.shown(Row::Message(id))),
            client_msg_id: client_msg_id.and_then(|id| ClientMsgId::new(&id).ok()),
            seq: Seq(self.seq?),
            changed_seq: Seq(self.changed_seq?),
        })
    }
}
