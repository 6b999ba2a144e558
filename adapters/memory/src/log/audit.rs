use aftermatch_ports::{
    AuditPage, PIECE_BYTES,
    model::{AuditedEvent, AuditedKind, Seq, Taken, TakenText, access::MAX_IDS},
};

use super::{Event, Kind, Log, author};
use crate::directory::Directory;

impl Log {
    pub(crate) fn audit(
        &self,
        directory: &Directory,
        before: Option<Seq>,
        limit: usize,
    ) -> AuditPage {
        let last = before.map_or(Seq(i64::MAX), Seq::before);
        let Seq(last) = last.min(self.last_seq());
        let mut page = AuditPage::default();
        let (mut messages, mut bytes) = (0, 0);
        for seq in (1..=last).rev().map(Seq) {
            let Some(event) = self.event(seq) else {
                break;
            };
            let Some(kind) = event.audited() else {
                continue;
            };
            let taken = self.taken(event, &mut bytes);
            messages += taken.len();
            let is_full = page.events.len() == limit || messages > MAX_IDS || bytes > PIECE_BYTES;
            if is_full && !page.events.is_empty() {
                page.has_older = true;
                break;
            }
            page.events.push(AuditedEvent {
                seq,
                by: author(event.stamp.by, directory),
                at: event.stamp.at,
                kind,
                taken,
            });
        }
        page
    }

    /// What the event took away. Adds the texts to `bytes`, and leaves out those beyond
    /// [`PIECE_BYTES`].
    fn taken(&self, event: &Event, bytes: &mut usize) -> Vec<Taken> {
        let mut taken = Vec::new();
        for (id, seq) in event.all_replaced() {
            let text = self.event(seq).and_then(Event::text);
            *bytes += text.map_or(0, |text| text.as_str().len());
            let text = match text {
                None => TakenText::Purged,
                Some(_) if *bytes > PIECE_BYTES && !taken.is_empty() => TakenText::LeftOut,
                Some(text) => TakenText::Text(text.clone()),
            };
            taken.push(Taken { id, text });
        }
        taken
    }
}

impl Event {
    fn audited(&self) -> Option<AuditedKind> {
        match &self.kind {
            Kind::Created { .. } => None,
            Kind::Edited { .. } => Some(AuditedKind::Edited),
            Kind::Deleted { reason, .. } => Some(AuditedKind::Deleted(reason.clone())),
        }
    }
}
