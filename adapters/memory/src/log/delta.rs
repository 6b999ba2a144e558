use std::ops::RangeInclusive;

use aftermatch_ports::{
    DeltaSince, MAX_DELETED, PIECE_BYTES,
    model::{MessageId, RoomDelta, Seq},
};

use super::{Kind, Log, StoredMessage, index_after};
use crate::directory::Directory;

impl Log {
    pub(crate) fn delta_since(
        &self,
        directory: &Directory,
        since: Seq,
        limit: usize,
    ) -> DeltaSince {
        let is_past = Seq::ZERO <= since && since <= self.last_seq();
        let delta = is_past.then(|| self.delta(directory, since, limit));
        DeltaSince {
            head: Some(self.head()),
            delta: delta.flatten(),
        }
    }

    fn delta(&self, directory: &Directory, since: Seq, limit: usize) -> Option<RoomDelta> {
        let deleted = self.deleted(since)?;
        let events = since.next()..=self.last_seq();
        let upserted = self.upserted(since, events.clone());
        let upserted = upserted.take(limit.saturating_add(1)).count();
        if upserted + usize::from(!deleted.is_empty()) > limit {
            return None;
        }
        let first = self.piece(directory, since, events);
        Some(RoomDelta { deleted, ..first })
    }

    pub(crate) fn next_delta(
        &self,
        directory: &Directory,
        since: Seq,
        events: RangeInclusive<Seq>,
    ) -> DeltaSince {
        DeltaSince {
            head: Some(self.head()),
            delta: Some(self.piece(directory, since, events)),
        }
    }

    /// The messages that existed at event `since` and were deleted later. `None`: too
    /// many were deleted.
    fn deleted(&self, since: Seq) -> Option<Vec<(MessageId, Seq)>> {
        let (mut deleted, mut all) = (Vec::new(), 0);
        for (seq, kind) in self.kinds(since.next()..=self.last_seq()) {
            let Kind::Deleted { messages, .. } = kind else {
                continue;
            };
            all += messages.len();
            if all > MAX_DELETED {
                return None;
            }
            let existed = messages.iter().filter(|message| message.created <= since);
            deleted.extend(existed.map(|message| (message.id, seq)));
        }
        deleted.sort_unstable();
        Some(deleted)
    }

    /// The first of the messages that `events` upserted.
    fn piece(&self, directory: &Directory, since: Seq, events: RangeInclusive<Seq>) -> RoomDelta {
        let mut piece = RoomDelta {
            upserted: Vec::new(),
            deleted: Vec::new(),
            next: None,
        };
        let mut bytes = 0;
        for (seq, message) in self.upserted(since, events) {
            bytes += message.bytes();
            if bytes > PIECE_BYTES && !piece.upserted.is_empty() {
                piece.next = Some(seq);
                break;
            }
            piece.upserted.push(self.message(message, directory));
        }
        piece
    }

    /// The messages that exist and that `events` created, or edited last if they were
    /// created up to event `since`. Each with the number of this event.
    fn upserted(
        &self,
        since: Seq,
        events: RangeInclusive<Seq>,
    ) -> impl Iterator<Item = (Seq, &StoredMessage)> {
        self.kinds(events).filter_map(move |(seq, kind)| {
            let message = match kind {
                Kind::Created { .. } => self.messages.get(&seq),
                Kind::Edited { created, .. } if *created <= since => {
                    let message = self.messages.get(created);
                    message.filter(|message| message.changed_seq == seq)
                }
                Kind::Edited { .. } | Kind::Deleted { .. } => None,
            };
            Some((seq, message?))
        })
    }

    fn kinds(&self, events: RangeInclusive<Seq>) -> impl Iterator<Item = (Seq, &Kind)> {
        let (first, last) = events.into_inner();
        let end = index_after(last).min(self.events.len());
        let events = self.events.get(index_after(first.before())..end);
        let events = events.unwrap_or_default().iter().zip(first.0..);
        events.map(|(event, seq)| (Seq(seq), &event.kind))
    }
}
