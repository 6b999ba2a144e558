use aftermatch_model::{
    BrandId, ClientMsgId, InvalidReference, Message, MessageId, Reason, RecordId, Records, Refusal,
    RoomId, UserId,
    world::{NewBrand, NewRoom, NewUser},
};
use async_trait::async_trait;

use crate::{HistoryPage, HistoryRange, Page, PutCounts, StoreError};

/// What the platform can request: it owns users, brands and rooms, and it writes into any
/// room. Its rights are not looked at, and neither are those of the users it names.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait Platform: Send + Sync {
    /// Adds or replaces all of `records`, or none ([`Directory::put`](crate::Directory::put)).
    async fn put(&self, records: Records) -> Result<PutCounts, PlatformError>;

    /// Removes a record. Returns whether there was one.
    async fn remove(&self, id: RecordId) -> Result<bool, PlatformError>;

    /// A user.
    async fn user(&self, id: UserId) -> Result<Option<NewUser>, PlatformError>;

    /// A brand.
    async fn brand(&self, id: BrandId) -> Result<Option<NewBrand>, PlatformError>;

    /// A room.
    async fn room(&self, id: RoomId) -> Result<Option<NewRoom>, PlatformError>;

    /// One page of all rooms, by id.
    async fn rooms(&self, page: Page) -> Result<Vec<NewRoom>, PlatformError>;

    /// Messages of a room, oldest first, `limit` at most, and fewer if their texts are long
    /// ([`History::history`](crate::History::history)).
    async fn messages(
        &self,
        room: RoomId,
        range: HistoryRange,
        limit: usize,
    ) -> Result<HistoryPage, PlatformError>;

    /// Creates a message, which is delivered as every other. The same text again under the
    /// same `client_msg_id` creates nothing.
    async fn create(&self, post: Post) -> Result<Posted, PlatformError>;

    /// Replaces the text of a message. It is an event of the message's author, and none if the
    /// message has this text already.
    async fn edit(&self, room: RoomId, id: MessageId, text: &str) -> Result<(), PlatformError>;

    /// Deletes a message: `by` did it, or else its author. Returns whether it was there.
    async fn delete(
        &self,
        room: RoomId,
        id: MessageId,
        by: Option<Moderator>,
    ) -> Result<bool, PlatformError>;
}

/// A message that the platform writes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Post {
    /// Its room.
    pub room: RoomId,
    /// Its author. It need not be active, nor belong to the room.
    pub author: UserId,
    /// Its text.
    pub text: String,
    /// What the platform calls the message.
    pub client_msg_id: Option<ClientMsgId>,
}

/// A message that is there after [`Platform::create`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Posted {
    /// The message as it is now.
    pub message: Message,
    /// Whether it was created just now.
    pub is_new: bool,
}

/// Who deletes a message of somebody else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moderator {
    /// The user.
    pub user: UserId,
    /// Why. Administrators alone can read it.
    pub reason: Option<Reason>,
}

/// Why the platform did not get what it requested. Nothing has changed.
#[derive(Debug, thiserror::Error)]
pub enum PlatformError {
    /// The text, or its client message id, is not allowed.
    #[error("refused: {0:?}")]
    Refused(Refusal),
    /// These references do not fit what is stored.
    #[error("invalid references: {0:?}")]
    InvalidReferences(Vec<InvalidReference>),
    /// The store cannot hold a record, and says why.
    #[error("unfit: {0}")]
    Unfit(String),
    /// There is no such room.
    #[error("no room {0}")]
    NoRoom(RoomId),
    /// There is no such user.
    #[error("no user {0}")]
    NoUser(UserId),
    /// The room has no such message: it never had, or it was deleted.
    #[error("no message {id} in room {room}")]
    NoMessage {
        /// The room.
        room: RoomId,
        /// The message.
        id: MessageId,
    },
    /// The infrastructure failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<Refusal> for PlatformError {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}
