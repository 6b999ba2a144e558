use aftermatch_ports::{
    MAX_UNREAD, ReadMark,
    model::{Seq, UserId},
};

use super::Log;

/// How far a user has read the room.
#[derive(Clone, Copy)]
pub(super) struct ReadPosition {
    seq: Seq,
    /// How much of that others are shown.
    shown: Seq,
}

const UNREAD: ReadPosition = ReadPosition {
    seq: Seq::ZERO,
    shown: Seq::ZERO,
};

impl Log {
    /// Moves the user's read position forward.
    pub(crate) fn mark_read(&mut self, user: UserId, seq: Seq, is_shown: bool) -> ReadMark {
        let seq = seq.min(self.last_seq());
        let position = self.read_positions.entry(user).or_insert(UNREAD);
        let before = *position;
        position.seq = before.seq.max(seq);
        if is_shown {
            position.shown = before.shown.max(seq);
        }
        ReadMark {
            seq: position.seq,
            moved: position.seq > before.seq,
            shown: (position.shown > before.shown).then_some(position.shown),
        }
    }

    /// Forgets the position of a user that is removed.
    pub(crate) fn forget_reader(&mut self, user: UserId) {
        self.read_positions.remove(&user);
    }

    pub(crate) fn read_seq(&self, reader: UserId) -> Seq {
        let position = self.read_positions.get(&reader);
        position.map_or(Seq::ZERO, |position| position.seq)
    }

    /// What others are shown of the user's position, if there is any.
    pub(crate) fn shown(&self, user: UserId) -> Option<Seq> {
        let position = self.read_positions.get(&user)?;
        (position.shown > Seq::ZERO).then_some(position.shown)
    }

    /// How many messages others wrote after the reader's read position, up to a bound.
    pub(crate) fn unread(&self, reader: UserId) -> u64 {
        let after = self.created(self.read_seq(reader), self.last_seq());
        let of_others = after.filter(|message| message.author != reader);
        of_others.take(MAX_UNREAD).count() as u64
    }
}
