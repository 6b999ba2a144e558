//! Users, brands and rooms as the platform gives them to a service that runs.

use crate::{
    BrandId, Room, RoomId, User, UserId,
    world::{Mistake, NewBrand, NewRoom, NewUser, contradictions},
};

/// Users, brands and rooms that do not contradict each other. What they refer to may be in the
/// store already.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Records {
    users: Vec<NewUser>,
    brands: Vec<NewBrand>,
    rooms: Vec<NewRoom>,
}

impl Records {
    /// Checks that no id is given twice, no user gets two brands, and no room has a brand
    /// twice.
    ///
    /// # Errors
    /// All mistakes, in the order of their places.
    pub fn new(
        users: Vec<NewUser>,
        brands: Vec<NewBrand>,
        rooms: Vec<NewRoom>,
    ) -> Result<Self, Vec<Mistake>> {
        let mistakes = contradictions(&users, &brands, &rooms);
        if !mistakes.is_empty() {
            return Err(mistakes);
        }
        Ok(Self {
            users,
            brands,
            rooms,
        })
    }

    /// The users.
    #[must_use]
    pub fn users(&self) -> &[NewUser] {
        &self.users
    }

    /// The brands.
    #[must_use]
    pub fn brands(&self) -> &[NewBrand] {
        &self.brands
    }

    /// The rooms.
    #[must_use]
    pub fn rooms(&self) -> &[NewRoom] {
        &self.rooms
    }

    /// How many records there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.users.len() + self.brands.len() + self.rooms.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl From<&User> for NewUser {
    fn from(user: &User) -> Self {
        Self {
            id: user.id,
            active: user.active,
            admin: user.admin,
            profile: user.profile.clone(),
        }
    }
}

impl From<&Room> for NewRoom {
    fn from(room: &Room) -> Self {
        Self {
            id: room.id,
            participants: room.participants.iter().map(|brand| brand.id).collect(),
            kind: room.kind.clone(),
            pen: room.pen,
            frozen: room.frozen,
        }
    }
}

/// A user, a brand or a room, by its id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RecordId {
    /// A user.
    User(UserId),
    /// A brand.
    Brand(BrandId),
    /// A room.
    Room(RoomId),
}

/// Why records cannot be put into the store, or a record cannot be removed: it would refer to
/// nothing, or something else refers to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum InvalidReference {
    /// The owner of a brand does not exist.
    UnknownOwner {
        /// The brand.
        brand: BrandId,
        /// The owner.
        owner: UserId,
    },
    /// The owner of a brand owns another one.
    OwnerHasBrand {
        /// The brand.
        brand: BrandId,
        /// The owner.
        owner: UserId,
        /// The brand that the user owns.
        owned: BrandId,
    },
    /// A participant of a room does not exist.
    UnknownParticipant {
        /// The room.
        room: RoomId,
        /// The participant.
        brand: BrandId,
    },
    /// A room has a participant twice.
    DuplicateParticipant {
        /// The room.
        room: RoomId,
        /// The participant.
        brand: BrandId,
    },
    /// A user owns a brand, and cannot be removed before it.
    UserOwnsBrand {
        /// The user.
        user: UserId,
        /// The brand.
        brand: BrandId,
    },
    /// A user has written messages, and cannot be removed at all.
    UserHasWritten {
        /// The user.
        user: UserId,
    },
}
