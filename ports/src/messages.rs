use aftermatch_model::{
    ClientMsgId, Message, MessageId, Net, Revision, RoomId, Seq, Text, Timestamp, UserId,
    rules::Whose,
};
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
    /// Keeps a new message of the guard's user in the guard's room, unless the
    /// user has given the draft's client id to a message of that room before:
    /// then nothing is kept, and the answer tells which.
    async fn create(
        &self,
        guard: Guard,
        draft: Draft,
        at: Timestamp,
    ) -> Result<Written<Creation>, Unavailable>;

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

    /// What became of the room since its change `since`, as of one moment.
    /// Nothing is ever forgotten: `since` may be any number of the past.
    ///
    /// There is no [`Changes::net`] where it has more than `most` living
    /// messages, or more than [`MAX_GONE`] that are gone, and where `since` is
    /// below zero or beyond the last change.
    async fn changes(&self, room: RoomId, since: Seq, most: usize) -> Result<Changes, Unavailable>;

    /// A stretch of the room's messages that are there, at most `limit` of them,
    /// as of one moment. Messages are ordered by the number that created them.
    async fn history(
        &self,
        room: RoomId,
        stretch: Stretch,
        limit: usize,
    ) -> Result<History, Unavailable>;

    /// How many messages are there in the room and, the newest first and
    /// without the first `skip`, at most `limit` of them, as of one moment.
    async fn newest(
        &self,
        room: RoomId,
        skip: u64,
        limit: usize,
    ) -> Result<(u64, Vec<Message>), Unavailable>;

    /// Remembers that `user` has read the room up to its change `seq`, and
    /// returns up to where now: never less than before, never beyond the room's
    /// last change. [`Seq::ZERO`] where there is no such room.
    async fn mark_read(&self, room: RoomId, user: UserId, seq: Seq) -> Result<Seq, Unavailable>;
}

/// The most deleted messages that are told to somebody who comes back.
pub const MAX_GONE: usize = 10_000;

/// A message that is to be kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// What it says.
    pub text: Text,
    /// What its author's program calls it.
    pub client_id: Option<ClientMsgId>,
}

/// What became of a new message whose guard held.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Creation {
    /// It was kept.
    Created(Created),
    /// The same text was kept under its client id before: this is the message as
    /// it is now, which may have been edited since.
    Repeated(Box<Message>),
    /// Its client id belongs to a message that was sent with another text, or
    /// that has been deleted.
    Taken,
}

/// What became of a room.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Changes {
    /// The number of the room's last change; [`Seq::ZERO`] before the first, and
    /// where there is no such room.
    pub last: Seq,
    /// What is different since the number asked about, up to `last`.
    pub net: Option<Net>,
}

/// Which of a room's messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stretch {
    /// The newest.
    Newest,
    /// The newest of those created before this change.
    Before(Seq),
    /// The oldest of those created after this change.
    After(Seq),
}

/// A stretch of a room's messages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct History {
    /// Oldest first.
    pub messages: Vec<Message>,
    /// Whether there are messages before the first of these; false where there
    /// are none of these.
    pub older: bool,
    /// Whether there are messages after the last of these; false where there are
    /// none of these.
    pub newer: bool,
    /// The number of the room's last change.
    pub last: Seq,
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
