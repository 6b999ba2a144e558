use aftermatch_model::{MessageId, Revision, RoomId, Seq, Text, Timestamp, UserId, rules::Whose};
use async_trait::async_trait;

use crate::Unavailable;

/// The messages of all rooms.
///
/// A write is atomic: it is refused as [`Written::Stale`] unless room and user
/// are still at the revisions of its [`Guard`]; else it gets the room's next
/// `seq` and is kept. Writes of one room stand one behind the other, however
/// many ask at once. What is refused, or changes nothing, takes no number and
/// leaves no trace. What was answered is durable as far as the store is.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait Messages: Send + Sync {
    /// Keeps a new message of the guard's user in the guard's room.
    async fn create(
        &self,
        guard: Guard,
        text: Text,
        at: Timestamp,
    ) -> Result<Written<Created>, Unavailable>;

    /// Replaces the text of a message of the guard's user. `None`: not there,
    /// not the user's own, or of another room.
    async fn edit(
        &self,
        guard: Guard,
        id: MessageId,
        text: Text,
        at: Timestamp,
    ) -> Result<Written<Option<Seq>>, Unavailable>;

    /// Deletes those of `ids` that are there, are of the guard's room and
    /// [`Whose`] allows, all as one change. `None`: not one of them. Each of
    /// `ids` counts once, wherever it comes again.
    async fn delete(
        &self,
        guard: Guard,
        ids: Vec<MessageId>,
        whose: Whose,
        at: Timestamp,
    ) -> Result<Written<Option<Deleted>>, Unavailable>;

    /// The number of the room's last change as the store has it now;
    /// [`Seq::ZERO`] before the first, and where there is no such room.
    async fn last_seq(&self, room: RoomId) -> Result<Seq, Unavailable>;
}

/// What a verdict was founded on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Guard {
    /// Where.
    pub room: RoomId,
    /// The room's revision when it was judged.
    pub room_revision: Revision,
    /// Who.
    pub user: UserId,
    /// The user's revision when it was judged.
    pub user_revision: Revision,
}

/// What became of a write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Written<T> {
    /// It was done.
    Done(T),
    /// The room or the user is not as it was judged, or is gone: read afresh,
    /// judge again. Nothing was done.
    Stale,
}

/// A message was kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Created {
    /// Its number: unique over all rooms, never used again.
    pub id: MessageId,
    /// The number of the change.
    pub seq: Seq,
}

/// Messages were deleted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deleted {
    /// Which, in the order asked.
    pub ids: Vec<MessageId>,
    /// The number of the change.
    pub seq: Seq,
}
