use std::sync::Arc;

use crate::{
    Epoch, Message, MessageId, RequestedId, RoomView, Seq, SessionId, Text, Timestamp, UserId,
};

/// A committed event of a room, ready to be delivered to everyone joined.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoomEvent {
    /// Its number in the room.
    pub seq: Seq,
    /// The log in which it has this number.
    pub epoch: Epoch,
    /// When it was committed, by the clock of the store.
    pub at: Timestamp,
    /// Who did it.
    pub by: UserId,
    /// The room at that moment, at the revision at which the event was authorized
    /// and committed.
    pub room: RoomView,
    /// The connection that sent the request; `None` for an event of another
    /// process, or one that was read from the log.
    pub requester: Option<SessionId>,
    /// The `request_id` of that request.
    pub request_id: RequestId,
    /// What happened.
    pub kind: EventKind,
}

/// What happened in a room.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EventKind {
    /// A message was created.
    Created(Message),
    /// The text of a message was replaced.
    Edited {
        /// The message.
        id: MessageId,
        /// The new text.
        text: Text,
    },
    /// Messages were deleted.
    Deleted {
        /// Those that were deleted, in the order of the request, once each.
        ids: Vec<MessageId>,
        /// Those that were requested and not deleted, in the order of the request,
        /// once each. Only the requester learns of them.
        missing: Vec<RequestedId>,
    },
}

/// The `request_id` of a request: JSON text, passed on unread to everyone who
/// receives the resulting event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestId(Option<Arc<str>>);

impl RequestId {
    /// For what nobody requested: `null` on the wire.
    pub const NONE: Self = Self(None);

    /// Takes the JSON text as the client wrote it.
    pub fn new(json: impl Into<Arc<str>>) -> Self {
        Self(Some(json.into()))
    }

    /// The JSON text, as it was written.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        self.0.as_deref()
    }
}
