use aftermatch_ports::model::{BrandId, RoomId, UserId};

/// Why a brand or a room cannot be put into the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidReference {
    /// The owner of a brand does not exist.
    #[error("brand {brand} cannot belong to user {owner}: there is no such user")]
    UnknownOwner {
        /// The brand.
        brand: BrandId,
        /// The owner.
        owner: UserId,
    },
    /// The owner of a brand owns another one.
    #[error("brand {brand} cannot belong to user {owner}, who already owns brand {owned}")]
    OwnerHasBrand {
        /// The brand.
        brand: BrandId,
        /// The owner.
        owner: UserId,
        /// The brand that the user owns.
        owned: BrandId,
    },
    /// A participant of a room does not exist.
    #[error("brand {brand} cannot be in room {room}: there is no such brand")]
    UnknownParticipant {
        /// The room.
        room: RoomId,
        /// The participant.
        brand: BrandId,
    },
    /// A room has a participant twice.
    #[error("brand {brand} cannot be in room {room} twice")]
    DuplicateParticipant {
        /// The room.
        room: RoomId,
        /// The participant.
        brand: BrandId,
    },
}
