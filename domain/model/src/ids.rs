//! Numbers that name things. A type each, so that no two can be mixed up.

use std::fmt;

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
    /// A brand of the platform; it belongs to exactly one user.
    BrandId
}
number! {
    /// A room; clients call it `pk`.
    RoomId
}
number! {
    /// A message, unique over all rooms.
    MessageId
}
number! {
    /// The place of a change in its room: 1, 2, 3, … without a gap.
    Seq
}
number! {
    /// Moves whenever something a verdict depends on has changed. Only ever
    /// compared for equality.
    Revision
}
number! {
    /// One connection, as long as it lasts. Two connections of one user are two.
    SessionId
}

impl Seq {
    /// Before the first change of a room.
    pub const ZERO: Self = Self(0);

    /// The number of the change before; [`Seq::ZERO`] has none.
    #[must_use]
    pub fn before(self) -> Self {
        Self(self.0.saturating_sub(1).max(0))
    }

    /// The number of the change that follows.
    #[must_use]
    pub fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }
}
