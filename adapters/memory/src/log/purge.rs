use aftermatch_ports::model::{Seq, Timestamp};

use super::{Event, Kind, Log, index_after};

impl Log {
    /// Forgets the texts that events up to the moment `until` replaced or deleted, and the
    /// attachments of deleted messages, those of at most `limit` events. Returns of how many.
    pub(crate) fn purge(&mut self, until: Timestamp, limit: usize) -> usize {
        let mut count = 0;
        // Only creates are imported: edits and deletions are in the order of their
        // times.
        while count < limit
            && let Some(event) = self.events.get(self.purged)
        {
            let (replaced, deleted) = (event.all_replaced(), event.all_deleted());
            if !replaced.is_empty() {
                if event.stamp.at > until {
                    break;
                }
                count += 1;
            }
            for (_, seq) in replaced {
                self.forget_text(seq);
            }
            for created in deleted {
                self.forget_attachments(created);
            }
            self.purged += 1;
        }
        count
    }

    fn forget_attachments(&mut self, created: Seq) {
        let event = self.events.get_mut(index_after(created.before()));
        if let Some(Kind::Created { attachments, .. }) = event.map(|event| &mut event.kind) {
            *attachments = None;
        }
    }

    fn forget_text(&mut self, seq: Seq) {
        let event = self.events.get_mut(index_after(seq.before()));
        match event.map(|event| &mut event.kind) {
            Some(Kind::Created { text, .. } | Kind::Edited { text, .. }) => *text = None,
            Some(Kind::Deleted { .. }) | None => {}
        }
    }
}

impl Event {
    /// The events that created the messages that it deleted.
    fn all_deleted(&self) -> Vec<Seq> {
        match &self.kind {
            Kind::Deleted { messages, .. } => messages.iter().map(|each| each.created).collect(),
            Kind::Created { .. } | Kind::Edited { .. } => Vec::new(),
        }
    }
}
