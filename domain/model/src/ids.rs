//! Ids and numbers, a type each, so that the compiler refuses a mix-up.

use std::{fmt, sync::Arc};

macro_rules! number {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub i64);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

number! {
    /// A person's account on the platform.
    UserId
}
number! {
    /// A brand of the platform. It belongs to exactly one user.
    BrandId
}
number! {
    /// A room. Clients call it `pk`.
    RoomId
}
number! {
    /// A message, unique over all rooms.
    MessageId
}
number! {
    /// The number of an event in its room: 1, 2, 3, … without a gap.
    Seq
}
number! {
    /// The version of a user or a room. It grows whenever something changes that
    /// decides what is allowed, and never returns to a former value.
    Revision
}
number! {
    /// One connection, for as long as it lasts. Two connections of one user are
    /// two sessions.
    SessionId
}

/// A message as a client names it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum RequestedId {
    /// By an id that a message can have.
    Message(MessageId),
    /// By an integer beyond 64 bits, digit for digit. No message has it.
    OfNothing(Arc<str>),
}

impl RequestedId {
    /// The id, if a message can have it.
    #[must_use]
    pub const fn message(&self) -> Option<MessageId> {
        match self {
            Self::Message(id) => Some(*id),
            Self::OfNothing(_) => None,
        }
    }
}

impl From<MessageId> for RequestedId {
    fn from(id: MessageId) -> Self {
        Self::Message(id)
    }
}

impl fmt::Display for RequestedId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Message(id) => id.fmt(f),
            Self::OfNothing(digits) => f.write_str(digits),
        }
    }
}

impl Seq {
    /// Before the first event of a room.
    pub const ZERO: Self = Self(0);

    /// The number of the previous event; [`Seq::ZERO`] has none and stays.
    #[must_use]
    pub fn before(self) -> Self {
        Self(self.0.saturating_sub(1).max(0))
    }

    /// The number of the next event.
    #[must_use]
    pub fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }
}
