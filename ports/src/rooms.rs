use std::sync::Arc;

use aftermatch_model::{BrandId, Room, RoomId};
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

    /// The rooms `brand` takes part in, or all of them, by number, as the store
    /// has them now: one page.
    async fn rooms(
        &self,
        brand: Option<BrandId>,
        page: Page,
    ) -> Result<Vec<Arc<Room>>, Unavailable>;
}

/// A stretch of the rooms, by number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Page {
    /// Begins behind this room; `None` is the beginning.
    pub after: Option<RoomId>,
    /// So many at most. A shorter page is the last one.
    pub limit: usize,
}
