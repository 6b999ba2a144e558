use aftermatch_ports::{
    HistoryPage, HistoryRange, MAX_PAGED, PIECE_BYTES,
    model::{Message, Seq},
};

use super::{Log, StoredMessage};
use crate::directory::Directory;

impl Log {
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

/// The first messages, with at most [`PIECE_BYTES`] of text and attachments.
pub(super) fn piece<'a>(
    messages: impl Iterator<Item = &'a StoredMessage>,
) -> Vec<&'a StoredMessage> {
    let mut bytes = 0;
    let fits = |message: &&StoredMessage| {
        let is_first = bytes == 0;
        bytes += message.bytes();
        is_first || bytes <= PIECE_BYTES
    };
    messages.take_while(fits).collect()
}
