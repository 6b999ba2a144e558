use std::fmt;

use crate::{Eviction, Seq};

/// The identity of one log of one room. Numbers of events mean something only
/// within one epoch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Epoch {
    /// The store: another one after a failover or a restore.
    pub store: u32,
    /// The room in this store: another one when it was removed and made again.
    pub room: i64,
}

impl Epoch {
    /// Why a seat in the log of this epoch ends, now that the room's log is `now`.
    #[must_use]
    pub fn ended_by(self, now: Self) -> Eviction {
        if self.store == now.store {
            Eviction::RoomRemoved
        } else {
            Eviction::Restarted
        }
    }
}

/// As clients see it: `9f3c02a1-2b`. They only compare it.
impl fmt::Display for Epoch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:08x}-{:x}", self.store, self.room)
    }
}

/// How far the log of a room goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LogHead {
    /// Which log it is.
    pub epoch: Epoch,
    /// The number of its last event; [`Seq::ZERO`] before the first one.
    pub last_seq: Seq,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn epoch_is_shown_as_short_text() {
        let epoch = Epoch {
            store: 0x9f_3c02,
            room: 43,
        };
        assert_eq!(epoch.to_string(), "009f3c02-2b");
    }

    #[test]
    fn epoch_of_other_store_ends_as_restarted() {
        let epoch = Epoch { store: 1, room: 2 };
        let moved = Epoch { store: 3, ..epoch };
        let remade = Epoch { room: 3, ..epoch };
        assert_eq!(epoch.ended_by(moved), Eviction::Restarted);
        assert_eq!(epoch.ended_by(remade), Eviction::RoomRemoved);
    }
}
