use aftermatch_model::{RoomId, Seq, UserId};
use async_trait::async_trait;

use crate::StoreError;

/// How far each user has read each room.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait ReadPositions: Send + Sync {
    /// Moves the user's read position forward to event `seq` and returns where it
    /// is now: never lower than before, never after the room's last event.
    /// [`Seq::ZERO`] if there is no such room.
    async fn mark_read(&self, room: RoomId, user: UserId, seq: Seq) -> Result<Seq, StoreError>;
}
