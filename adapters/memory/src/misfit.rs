use aftermatch_ports::model::{BrandId, RoomId, UserId};

/// Why something does not fit into the world as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Misfit {
    /// A brand of nobody.
    #[error("brand {brand} is said to belong to user {owner}, who is not there")]
    NoSuchOwner {
        /// The brand.
        brand: BrandId,
        /// Who is not there.
        owner: UserId,
    },
    /// A second brand of one user.
    #[error("brand {brand} is said to belong to user {owner}, who owns brand {owned} already")]
    OwnsAnother {
        /// The brand.
        brand: BrandId,
        /// The user.
        owner: UserId,
        /// The brand that the user owns.
        owned: BrandId,
    },
    /// A room with a participant that is not there.
    #[error("brand {brand} is said to take part in room {room}, but there is no such brand")]
    NoSuchParticipant {
        /// The room.
        room: RoomId,
        /// What is not there.
        brand: BrandId,
    },
    /// A room with a participant twice.
    #[error("brand {brand} is said to take part in room {room} twice")]
    TwiceInRoom {
        /// The room.
        room: RoomId,
        /// The brand.
        brand: BrandId,
    },
}
