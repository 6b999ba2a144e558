use aftermatch_ports::{
    DeltaSince, HistoryPage, HistoryRange, MAX_DELETED, MAX_DELTA_BYTES, MAX_PAGED, PIECE_BYTES,
    model::{Message, RoomDelta, Seq},
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
        let (mut upserted, mut deleted) = (Vec::new(), Vec::new());
        let mut all_deleted = 0;
        let mut seq = since;
        for event in self.events.get(index_after(since)..)? {
            seq = seq.next();
            match &event.kind {
                // It may have been deleted since.
                Kind::Created { .. } => upserted.extend(self.messages.get(&seq)),
                // Only the last edit counts. A message created since is already in.
                Kind::Edited { created, .. } if *created <= since => {
                    let message = self.messages.get(created);
                    upserted.extend(message.filter(|message| message.changed_seq == seq));
                }
                Kind::Edited { .. } => {}
                Kind::Deleted(messages) => {
                    all_deleted += messages.len();
                    let existed = messages.iter().filter(|message| message.created <= since);
                    deleted.extend(existed.map(|message| (message.id, seq)));
                }
            }
            if upserted.len() > limit || all_deleted > MAX_DELETED {
                return None;
            }
        }
        let bytes = upserted.iter().map(|message| message.text.as_str().len());
        if bytes.sum::<usize>() > MAX_DELTA_BYTES {
            return None;
        }
        deleted.sort_unstable();
        let upserted = upserted.into_iter();
        Some(RoomDelta {
            upserted: upserted
                .map(|message| self.message(message, directory))
                .collect(),
            deleted,
        })
    }

    pub(crate) fn history(
        &self,
        directory: &Directory,
        range: HistoryRange,
        limit: usize,
    ) -> HistoryPage {
        let last_seq = self.last_seq();
        let newest_up_to = |seq: Seq| {
            let mut found = piece(self.created(Seq::ZERO, seq).rev().take(limit));
            found.reverse();
            found
        };
        let found = match range {
            HistoryRange::Newest => newest_up_to(last_seq),
            HistoryRange::Before(seq) => newest_up_to(seq.before()),
            HistoryRange::After(seq) => piece(self.created(seq, last_seq).take(limit)),
        };
        let older = |first: Seq| self.created(Seq::ZERO, first.before()).next_back();
        let newer = |last: Seq| self.created(last, last_seq).next();
        HistoryPage {
            has_older: found.first().and_then(|first| older(first.seq)).is_some(),
            has_newer: found.last().and_then(|last| newer(last.seq)).is_some(),
            messages: found
                .into_iter()
                .map(|message| self.message(message, directory))
                .collect(),
            last_seq,
        }
    }

    pub(crate) fn page(
        &self,
        directory: &Directory,
        skip: u64,
        limit: usize,
    ) -> (u64, Vec<Message>) {
        let skip = usize::try_from(skip).unwrap_or(usize::MAX);
        let newest = self.created(Seq::ZERO, self.last_seq()).rev();
        let found = piece(newest.take(MAX_PAGED).skip(skip).take(limit));
        let found = found.into_iter();
        let found = found.map(|message| self.message(message, directory));
        (self.messages.len().min(MAX_PAGED) as u64, found.collect())
    }

    pub(crate) fn last_message(&self, directory: &Directory) -> Option<Message> {
        let newest = self.created(Seq::ZERO, self.last_seq()).next_back()?;
        Some(self.message(newest, directory))
    }
}

/// The first messages, with at most [`PIECE_BYTES`] of text.
fn piece<'a>(messages: impl Iterator<Item = &'a StoredMessage>) -> Vec<&'a StoredMessage> {
    let mut bytes = 0;
    let fits = |message: &&StoredMessage| {
        let is_first = bytes == 0;
        bytes += message.text.as_str().len();
        is_first || bytes <= PIECE_BYTES
    };
    messages.take_while(fits).collect()
}
