use aftermatch_model::{
    Change, ClientMsgId, Endpoint, Message, MessageId, RoomId, RoomView, Seq, Session, Tag, What,
};
use async_trait::async_trait;

use crate::{ChatError, History, Page, Stretch};

/// What a client can ask.
///
/// Every method judges by the rights of the moment and can answer
/// [`ChatError::Refused`] or [`ChatError::Unavailable`]; a refused or failed
/// request has changed nothing. A session's requests come one after the other.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait Chat: Send + Sync {
    /// Opens a session for the bearer of `token`.
    async fn connect(&self, token: &str, endpoint: Endpoint) -> Result<Session, ChatError>;

    /// The rooms of the session's brand, or all for an administrator, by number.
    async fn list(&self, session: &Session, page: Page) -> Result<Vec<Listed>, ChatError>;

    /// Takes a seat in a room, and gives up the one in another. Whoever has it
    /// already takes it anew. The new seat hears nothing before the adapter has
    /// delivered the answer, and what was missed `since` the change that the
    /// client heard last.
    async fn join_room(
        &self,
        session: &mut Session,
        room: RoomId,
        since: Option<Seq>,
    ) -> Result<Joined, ChatError>;

    /// Gives up the seat. Returns the room that was left.
    async fn leave_room(&self, session: &mut Session) -> Result<RoomId, ChatError>;

    /// The joined room.
    async fn current_room(&self, session: &Session) -> Result<RoomView, ChatError>;

    /// A stretch of the joined room's messages, oldest first, `limit` at most.
    async fn history(
        &self,
        session: &Session,
        stretch: Stretch,
        limit: usize,
    ) -> Result<History, ChatError>;

    /// How many messages the joined room has and, newest first and without the
    /// first `skip`, at most `limit` of them.
    async fn newest(
        &self,
        session: &Session,
        skip: u64,
        limit: usize,
    ) -> Result<(u64, Vec<Message>), ChatError>;

    /// Remembers that the session's user has read the joined room up to `seq`.
    /// Returns the room, and up to where it is read now.
    async fn mark_read(&self, session: &Session, seq: Seq) -> Result<(RoomId, Seq), ChatError>;

    /// Writes a message. The answer is the change, told to everyone joined; or,
    /// where this very message was written before under its `client_id`, the
    /// change that is returned, for the asker alone.
    async fn create_message(
        &self,
        session: &Session,
        text: &str,
        client_id: Option<ClientMsgId>,
        tag: Tag,
    ) -> Result<Option<Change>, ChatError>;

    /// Replaces the text of an own message. The answer is the change, told to
    /// everyone joined.
    async fn edit_message(
        &self,
        session: &Session,
        id: MessageId,
        text: &str,
        tag: Tag,
    ) -> Result<(), ChatError>;

    /// Deletes messages. The answer is the change, told to everyone joined.
    async fn delete_messages(
        &self,
        session: &Session,
        ids: Vec<MessageId>,
        tag: Tag,
    ) -> Result<(), ChatError>;

    /// The connection is gone: gives up what the session had.
    async fn disconnect(&self, session: Session);
}

/// A seat was taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Joined {
    /// The room.
    pub view: RoomView,
    /// The room's last change before the seat: what it hears is what follows.
    pub last: Seq,
    /// What was missed.
    pub missed: Missed,
}

/// What whoever comes back has missed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Missed {
    /// Nobody asked.
    NotAsked,
    /// More than is told, or since no number of the past: the room is to be read
    /// anew.
    TooMuch,
    /// This, in the order of the numbers, up to [`Joined::last`].
    Steps(Vec<(Seq, What)>),
}

/// A room in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// The room.
    pub view: RoomView,
    /// The number of its last change.
    pub last: Seq,
    /// How many messages of others the user has not read there; `None` for an
    /// administrator.
    pub unread: Option<u64>,
    /// The newest message there.
    pub last_message: Option<Message>,
}
