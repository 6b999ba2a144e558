use aftermatch_ports::{
    FoundPiece, MAX_SEARCHED,
    model::{SearchWords, Seq},
};

use super::{Log, history::piece};
use crate::directory::Directory;

impl Log {
    pub(crate) fn search(
        &self,
        directory: &Directory,
        words: &SearchWords,
        before: Option<Seq>,
        limit: usize,
    ) -> FoundPiece {
        let last_seq = self.last_seq();
        let newest = before.map_or(last_seq, Seq::before);
        let newest_first = self.created(Seq::ZERO, newest).rev();
        let searched = piece(newest_first.take(MAX_SEARCHED));
        let found = searched.iter().copied();
        let found = found.filter(|message| words.are_in(message.text.as_str()));
        let found: Vec<_> = found.take(limit).collect();
        // After `limit` messages, what follows the last of them is not known.
        let last = match found.last() {
            Some(last) if found.len() == limit => Some(last),
            _ => searched.last(),
        };
        let last = last.map(|last| last.seq);
        let older = |seq: &Seq| self.created(Seq::ZERO, seq.before()).next().is_some();
        FoundPiece {
            messages: found
                .into_iter()
                .map(|message| self.message(message, directory))
                .collect(),
            next: last.filter(older),
            last_seq,
        }
    }
}
