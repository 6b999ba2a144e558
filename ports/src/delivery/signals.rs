use aftermatch_model::{BrandId, RoomId, Seq, SessionId, UserId};

/// Delivery of what is in no log, to those who have asked for it. It is the first thing
/// that a slow reader does not receive.
///
/// What happens here is passed on to the other processes.
#[cfg_attr(feature = "mock", mockall::automock)]
pub trait Signals: Send + Sync {
    /// The user of the session is typing in its joined room. That ends after six
    /// seconds without another call, with the next message of the user, and when the user
    /// has no seat in the room any more.
    fn typing(&self, session: SessionId, room: RoomId);

    /// The read position of the session's user has moved, or what others are shown of it.
    /// The user's other sessions receive the position, and others joined what is `shown` now,
    /// if that has moved.
    fn read(&self, session: SessionId, room: RoomId, seq: Seq, shown: Option<Seq>);

    /// Delivers what happened at another process.
    fn receive(&self, signal: Signal);
}

/// Something that is in no log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signal {
    /// A user is typing in a room, or no longer.
    Typing {
        /// The room.
        room: RoomId,
        /// The user.
        user: UserId,
        /// Whether it goes on.
        is_typing: bool,
    },
    /// The read position of a user has moved, or what others are shown of it.
    Read {
        /// The room.
        room: RoomId,
        /// The user.
        user: UserId,
        /// Where it is now.
        seq: Seq,
        /// What others are shown of it now, if that has moved.
        shown: Option<Seq>,
    },
    /// The same, for the user's own sessions: they receive it wherever they are.
    OwnRead {
        /// The room.
        room: RoomId,
        /// The user.
        user: UserId,
        /// Where it is now.
        seq: Seq,
    },
    /// A brand has a connection at another process, or at none any more.
    Presence {
        /// The brand.
        brand: BrandId,
        /// Whether it has one.
        is_online: bool,
    },
}
