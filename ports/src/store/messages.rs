use aftermatch_model::{
    Attachments, ClientMsgId, Epoch, Message, MessageId, Reason, RequestId, Revision, RoomId, Seq,
    Text, Timestamp, UserId, access::DeleteScope,
};
use async_trait::async_trait;

use crate::StoreError;

/// Writing messages.
///
/// A write is atomic. It is a [`Outcome::Conflict`] unless room and user are still
/// at the revisions of its [`Precondition`]; else it gets the room's next `seq` and
/// is committed. The writes of one room are serialized, however many come at once.
/// A write that is refused or changes nothing takes no number and leaves no trace.
/// A committed write is as durable as the store, and is in the room's
/// [`Log`](crate::Log) with the `request_id` given here. Its time is that of the
/// store's clock: within a room, a later event never has an earlier time.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait Messages: Send + Sync {
    /// Creates messages of the precondition's user in the precondition's room, each as an
    /// event, numbered in this order. Returns what became of each. Nothing is written of
    /// one whose client message id the user has used in that room before: its outcome says
    /// what was found. Once one is a conflict, so are all after it.
    async fn create(
        &self,
        precondition: Precondition,
        drafts: Vec<Draft>,
    ) -> Vec<Result<Outcome<CreateOutcome>, StoreError>>;

    /// Replaces the text of a message of the precondition's user. `None`: no such
    /// message, not the user's own, of another room, or without attachments if the new text
    /// is blank. The attachments stay.
    async fn edit(
        &self,
        precondition: Precondition,
        id: MessageId,
        text: Text,
        request_id: RequestId,
    ) -> Result<Outcome<Option<Commit>>, StoreError>;

    /// Deletes those of `ids` that exist, are in the precondition's room and in
    /// `scope`, as one event. `None`: none of them. An id that is repeated counts
    /// once. The log says for which `reason`, in [`Log::versions`](crate::Log::versions) and
    /// [`Log::audit`](crate::Log::audit) alone.
    async fn delete(
        &self,
        precondition: Precondition,
        ids: Vec<MessageId>,
        scope: DeleteScope,
        reason: Option<Reason>,
        request_id: RequestId,
    ) -> Result<Outcome<Option<Deleted>>, StoreError>;
}

/// Creating one message.
#[async_trait]
pub trait CreateOne: Messages {
    /// Creates one message.
    async fn create_one(
        &self,
        precondition: Precondition,
        draft: Draft,
    ) -> Result<Outcome<CreateOutcome>, StoreError> {
        let outcome = self.create(precondition, vec![draft]).await.pop();
        outcome.unwrap_or_else(|| Err(StoreError::permanent("a message without an outcome")))
    }
}

impl<M: Messages + ?Sized> CreateOne for M {}

/// What a write was authorized by. The write commits only while it holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Precondition {
    /// The room.
    pub room: RoomId,
    /// The room's revision when the write was authorized.
    pub room_revision: Revision,
    /// The room's part of its epoch ([`Epoch::room`]) at that revision: a room that is
    /// made again has another revision.
    pub room_epoch: i64,
    /// The user.
    pub user: UserId,
    /// The user's revision when the write was authorized.
    pub user_revision: Revision,
}

/// The outcome of a write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome<T> {
    /// It was committed.
    Committed(T),
    /// The precondition no longer holds; nothing was written. Read room and user
    /// again and authorize again.
    Conflict,
}

/// What the log of the room has of a write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Commit {
    /// The number of the event.
    pub seq: Seq,
    /// When it was committed.
    pub at: Timestamp,
    /// The log in which it has this number.
    pub epoch: Epoch,
}

/// A message to create.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// Its text. Only one with attachments can be blank.
    pub text: Text,
    /// What it carries beside the text.
    pub attachments: Option<Attachments>,
    /// The id that its author's program gave it.
    pub client_msg_id: Option<ClientMsgId>,
    /// The id of the request that creates it.
    pub request_id: RequestId,
}

/// The outcome of creating a message whose precondition held.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CreateOutcome {
    /// It was created.
    Created(Created),
    /// The same text, with the same attachments byte for byte, was created with this client
    /// message id before. This is that
    /// message as it is now; it may have been edited since.
    Duplicate(Box<Message>),
    /// The client message id belongs to a message that was sent with another text or
    /// with other attachments, or has been deleted.
    IdConflict,
}

/// A message that was created.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Created {
    /// Its id: unique over all rooms, never used again.
    pub id: MessageId,
    /// The event.
    pub commit: Commit,
}

/// Messages that were deleted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deleted {
    /// Their ids, in the order of the request.
    pub ids: Vec<MessageId>,
    /// The event.
    pub commit: Commit,
}
