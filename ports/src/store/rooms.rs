use std::sync::Arc;

use aftermatch_model::{BrandId, Message, Revision, Room, RoomId, Seq, UserId};
use async_trait::async_trait;

use crate::{Read, StoreError};

/// How many messages of a room are counted as unread at most. So the cost of a list does
/// not depend on how much others wrote.
pub const MAX_UNREAD: usize = 1_000;

/// The rooms and their participants.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait Rooms: Send + Sync {
    /// A room.
    ///
    /// Its revision changes with every change of its participants and of their
    /// brands.
    async fn room(&self, id: RoomId, read: Read) -> Result<Option<Arc<Room>>, StoreError>;

    /// One page of the rooms in `scope`, by id, as the store holds them now.
    async fn rooms(&self, scope: Scope, page: Page) -> Result<Vec<RoomSummary>, StoreError>;

    /// The summaries of these rooms, each for the reader of its scope, in this order.
    /// `None`: there is no such room. Whether the brand of a scope is in the room is
    /// not looked at.
    async fn summaries(
        &self,
        of: Vec<(RoomId, Scope)>,
    ) -> Result<Vec<Option<RoomSummary>>, StoreError>;

    /// How far each room in these scopes is written and read, in no particular order.
    async fn states(
        &self,
        scopes: Vec<Scope>,
    ) -> Result<Vec<(Scope, RoomId, RoomState)>, StoreError>;

    /// Which brands are in these rooms.
    async fn participants(&self, rooms: Vec<RoomId>) -> Result<Vec<(RoomId, BrandId)>, StoreError>;

    /// Which rooms these brands are in.
    async fn of_brands(&self, brands: Vec<BrandId>) -> Result<Vec<(RoomId, BrandId)>, StoreError>;
}

/// Which rooms to list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    /// All rooms.
    All,
    /// The rooms of one brand, with the unread messages of one user.
    Brand {
        /// The brand.
        brand: BrandId,
        /// The user whose unread messages are counted.
        reader: UserId,
    },
}

impl Scope {
    /// The user whose unread messages are counted.
    #[must_use]
    pub const fn reader(self) -> Option<UserId> {
        match self {
            Self::All => None,
            Self::Brand { reader, .. } => Some(reader),
        }
    }
}

/// A room in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoomSummary {
    /// The room.
    pub room: Arc<Room>,
    /// The number of its last event.
    pub last_seq: Seq,
    /// How many messages others wrote after the reader's read position
    /// ([`ReadPositions`](crate::ReadPositions)), at most [`MAX_UNREAD`]; `None` without a
    /// reader.
    pub unread: Option<u64>,
    /// The reader's read position; `None` without a reader.
    pub read_seq: Option<Seq>,
    /// The newest message.
    pub last_message: Option<Message>,
}

/// How far a room is written and read, and what it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RoomState {
    /// The number of its last event.
    pub last_seq: Seq,
    /// The reader's read position; `None` without a reader.
    pub read_seq: Option<Seq>,
    /// The room itself.
    pub revision: Revision,
}

/// A page of rooms, by id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Page {
    /// Starts after this room; `None` starts with the first.
    pub after: Option<RoomId>,
    /// How many rooms at most. A shorter page is the last one.
    pub limit: usize,
}
