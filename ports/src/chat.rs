use aftermatch_model::{Endpoint, MessageId, RoomId, RoomView, Seq, Session, Tag};
use async_trait::async_trait;

use crate::{ChatError, Page};

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
    async fn list(&self, session: &Session, page: Page) -> Result<Vec<RoomView>, ChatError>;

    /// Takes a seat in a room, and gives up the one in another. The new seat
    /// hears nothing before the adapter has delivered the answer.
    async fn join_room(&self, session: &mut Session, room: RoomId) -> Result<Joined, ChatError>;

    /// Gives up the seat. Returns the room that was left.
    async fn leave_room(&self, session: &mut Session) -> Result<RoomId, ChatError>;

    /// The joined room.
    async fn current_room(&self, session: &Session) -> Result<RoomView, ChatError>;

    /// Writes a message. The answer is the change, told to everyone joined.
    async fn create_message(
        &self,
        session: &Session,
        text: &str,
        tag: Tag,
    ) -> Result<(), ChatError>;

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
    /// `None` where the seat was taken already and simply goes on.
    pub since: Option<Seq>,
}
