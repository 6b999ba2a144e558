use aftermatch_ports::{
    MAX_UNREAD,
    model::{Seq, UserId},
};

use super::Log;

impl Log {
    /// Moves the user's read position forward and returns where it is now.
    pub(crate) fn mark_read(&mut self, user: UserId, seq: Seq) -> Seq {
        let last_seq = self.last_seq();
        let position = self.read_positions.entry(user).or_insert(Seq::ZERO);
        *position = seq.min(last_seq).max(*position);
        *position
    }

    /// How many messages others wrote after the reader's read position, up to a bound.
    pub(crate) fn unread(&self, reader: UserId) -> u64 {
        let position = self.read_positions.get(&reader);
        let position = position.copied().unwrap_or(Seq::ZERO);
        let after = self.created(position, self.last_seq());
        let of_others = after.filter(|message| message.author != reader);
        of_others.take(MAX_UNREAD).count() as u64
    }
}
