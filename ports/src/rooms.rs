use std::sync::Arc;

use aftermatch_model::{BrandId, Message, Room, RoomId, Seq, UserId};
use async_trait::async_trait;

use crate::{Read, Unavailable};

/// The rooms, and whose they are.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait Rooms: Send + Sync {
    /// The room of that number.
    ///
    /// A room's revision moves with every change of its participants and of any
    /// of their brands.
    async fn room(&self, id: RoomId, read: Read) -> Result<Option<Arc<Room>>, Unavailable>;

    /// The rooms of that scope, by number, as the store has them now: one page.
    async fn rooms(&self, scope: Scope, page: Page) -> Result<Vec<Overview>, Unavailable>;
}

/// Which rooms are listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// All there are.
    All,
    /// Those a brand takes part in, with what one user has not read there.
    Brand {
        /// The brand.
        brand: BrandId,
        /// The user who reads.
        reader: UserId,
    },
}

/// A room in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Overview {
    /// The room.
    pub room: Arc<Room>,
    /// The number of its last change.
    pub last: Seq,
    /// The messages there that others wrote after the reader's mark
    /// ([`Messages::mark_read`](crate::Messages::mark_read)); `None` where
    /// nobody reads.
    pub unread: Option<u64>,
    /// The newest message there.
    pub last_message: Option<Message>,
}

/// A stretch of the rooms, by number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Page {
    /// Begins behind this room; `None` is the beginning.
    pub after: Option<RoomId>,
    /// So many at most. A shorter page is the last one.
    pub limit: usize,
}
