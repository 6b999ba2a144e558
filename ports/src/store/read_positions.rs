use aftermatch_model::{RoomId, Seq, UserId};
use async_trait::async_trait;

use crate::StoreError;

/// How far each user has read each room, and how much of that others are shown.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait ReadPositions: Send + Sync {
    /// Moves the user's read position forward to event `seq`: never lower than before,
    /// never after the room's last event. If `is_shown`, others are shown that this user
    /// has read up to there, too. All zero if there is no such room.
    async fn mark_read(
        &self,
        room: RoomId,
        user: UserId,
        seq: Seq,
        is_shown: bool,
    ) -> Result<ReadMark, StoreError>;

    /// Up to where others are shown that the owners of the participants of these rooms have
    /// read them. A user who has marked nothing there is left out.
    async fn shown(&self, rooms: Vec<RoomId>) -> Result<Vec<(RoomId, UserId, Seq)>, StoreError>;
}

/// What marking a room as read did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReadMark {
    /// The read position now.
    pub seq: Seq,
    /// Whether it has moved.
    pub moved: bool,
    /// What others are shown now, if that has moved.
    pub shown: Option<Seq>,
}
