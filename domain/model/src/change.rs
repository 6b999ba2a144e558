use std::sync::Arc;

use crate::{MessageId, RoomView, Seq, SessionId, Text, Timestamp, User};

/// Something that happened in a room, was kept, and is now to be told to
/// everyone joined.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Its place among the room's changes.
    pub seq: Seq,
    /// The room it was judged by, at the revision at which it was kept.
    pub room: RoomView,
    /// The connection that asked for it.
    pub session: SessionId,
    /// What the asker put on the request.
    pub tag: Tag,
    /// What happened.
    pub what: What,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    /// A message was written.
    Created {
        /// Its number.
        id: MessageId,
        /// Its text.
        text: Text,
        /// Who wrote it.
        author: Arc<User>,
        /// When.
        at: Timestamp,
    },
    /// A message's text was replaced.
    Edited {
        /// Its number.
        id: MessageId,
        /// The new text.
        text: Text,
    },
    /// Messages were deleted.
    Deleted {
        /// Those really deleted, in the order asked, once each.
        ids: Vec<MessageId>,
        /// Those asked for and not deleted, in the order asked, once each. The
        /// asker's own business.
        missing: Vec<MessageId>,
    },
}

/// A client's mark on its request, handed on unread to everyone who is told
/// what came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tag(Arc<str>);

impl Tag {
    /// Takes the mark as the client wrote it.
    pub fn new(mark: impl Into<Arc<str>>) -> Self {
        Self(mark.into())
    }

    /// The mark, as it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
