use aftermatch_ports::model::{Seq, Timestamp};

use super::{Kind, Log, index_after};

impl Log {
    /// Forgets the texts that events up to the moment `until` replaced or deleted,
    /// those of at most `limit` events. Returns of how many.
    pub(crate) fn purge(&mut self, until: Timestamp, limit: usize) -> usize {
        let mut count = 0;
        // Only creates are imported: edits and deletions are in the order of their
        // times.
        while count < limit
            && let Some(event) = self.events.get(self.purged)
        {
            let replaced = event.all_replaced();
            if !replaced.is_empty() {
                if event.stamp.at > until {
                    break;
                }
                count += 1;
            }
            for (_, seq) in replaced {
                self.forget_text(seq);
            }
            self.purged += 1;
        }
        count
    }

    fn forget_text(&mut self, seq: Seq) {
        let event = self.events.get_mut(index_after(seq.before()));
        match event.map(|event| &mut event.kind) {
            Some(Kind::Created { text, .. } | Kind::Edited { text, .. }) => *text = None,
            Some(Kind::Deleted { .. }) | None => {}
        }
    }
}
