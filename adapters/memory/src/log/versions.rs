use aftermatch_ports::{
    PIECE_BYTES, VersionsPage,
    model::{Attachments, MessageId, MessageVersion, Seq, VersionKind},
};

use super::{Event, Kind, Log, author};
use crate::directory::Directory;

impl Log {
    pub(crate) fn versions(
        &self,
        directory: &Directory,
        id: MessageId,
        before: Option<Seq>,
        limit: usize,
    ) -> Option<VersionsPage> {
        let last = self.last_event_of(id)?;
        let older = |seq: &Seq| self.event(*seq).and_then(|event| event.replaced(id));
        let newest_first = std::iter::successors(Some(last), older);
        let mut events = newest_first
            .skip_while(|seq| before.is_some_and(|before| *seq >= before))
            .filter_map(|seq| Some((seq, self.event(seq)?)))
            .peekable();
        let (mut versions, mut bytes) = (Vec::new(), 0);
        while versions.len() < limit
            && let Some((seq, event)) = events.peek()
        {
            bytes += event.text().map_or(0, |text| text.as_str().len());
            if bytes > PIECE_BYTES && !versions.is_empty() {
                break;
            }
            versions.push(MessageVersion {
                seq: *seq,
                by: author(event.stamp.by, directory),
                at: event.stamp.at,
                kind: event.version(),
            });
            events.next();
        }
        versions.reverse();
        Some(VersionsPage {
            has_older: events.peek().is_some() && !versions.is_empty(),
            attachments: self.attachments_of(last, id),
            versions,
        })
    }

    /// What the message carries that event `last` changed or deleted.
    fn attachments_of(&self, last: Seq, id: MessageId) -> Option<Attachments> {
        let created = match &self.event(last)?.kind {
            Kind::Created { .. } => last,
            Kind::Edited { created, .. } => *created,
            Kind::Deleted { messages, .. } => {
                let mut messages = messages.iter();
                messages.find(|message| message.id == id)?.created
            }
        };
        match &self.event(created)?.kind {
            Kind::Created { attachments, .. } => attachments.clone(),
            Kind::Edited { .. } | Kind::Deleted { .. } => None,
        }
    }

    /// The event that changed a message last, or deleted it.
    fn last_event_of(&self, id: MessageId) -> Option<Seq> {
        let created = self.created_by.get(&id);
        let existing = created.and_then(|created| self.messages.get(created));
        let changed = existing.map(|message| message.changed_seq);
        changed.or_else(|| self.deleted_by.get(&id).copied())
    }
}

impl Event {
    /// The event whose text of this message it took away.
    fn replaced(&self, id: MessageId) -> Option<Seq> {
        let mut replaced = self.all_replaced().into_iter();
        replaced
            .find(|(message, _)| *message == id)
            .map(|(_, seq)| seq)
    }

    fn version(&self) -> VersionKind {
        match &self.kind {
            Kind::Created { text, .. } => VersionKind::Created(text.clone()),
            Kind::Edited { text, .. } => VersionKind::Edited(text.clone()),
            Kind::Deleted { reason, .. } => VersionKind::Deleted(reason.clone()),
        }
    }
}
