use aftermatch_ports::{
    LogPage,
    model::{EventKind, LoggedEvent, Message, Seq},
};

use super::{Event, Kind, Log, author, index_after};
use crate::directory::Directory;

impl Log {
    /// The first events after event `after`, at most `limit`, as they were.
    pub(crate) fn events(&self, directory: &Directory, after: Seq, limit: usize) -> LogPage {
        let first = index_after(after).min(self.events.len());
        let events = self.events.iter().zip(1..).skip(first).take(limit);
        LogPage {
            head: self.head(),
            events: events
                .map(|(event, seq)| self.logged(directory, Seq(seq), event))
                .collect(),
        }
    }

    /// The event as it was; `None` if its text was purged.
    fn logged(&self, directory: &Directory, seq: Seq, event: &Event) -> Option<LoggedEvent> {
        let stamp = &event.stamp;
        let kind = match &event.kind {
            Kind::Created {
                id,
                text,
                attachments,
                client_msg_id,
            } => EventKind::Created(Message {
                id: *id,
                room: self.room,
                author: author(stamp.by, directory),
                text: text.clone()?,
                attachments: attachments.clone(),
                created_at: stamp.at,
                edited_at: None,
                client_msg_id: client_msg_id.clone(),
                seq,
                changed_seq: seq,
            }),
            Kind::Edited { id, text, .. } => EventKind::Edited {
                id: *id,
                text: text.clone()?,
            },
            Kind::Deleted { messages, .. } => EventKind::Deleted {
                ids: messages.iter().map(|message| message.id).collect(),
                missing: Vec::new(),
            },
        };
        Some(LoggedEvent {
            seq,
            by: stamp.by,
            at: stamp.at,
            request_id: stamp.request_id.clone(),
            kind,
        })
    }
}
