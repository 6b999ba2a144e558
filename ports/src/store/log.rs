use std::time::Duration;

use aftermatch_model::{
    Attachments, AuditedEvent, LogHead, LoggedEvent, MessageId, MessageVersion, RoomId, Seq,
};
use async_trait::async_trait;

use crate::StoreError;

/// The log of each room: every create, edit and deletion, by its number, exactly
/// as it was.
///
/// Delivery, resuming and other processes are readers of this log. A message that
/// the platform imported is a create like any other.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait Log: Send + Sync {
    /// How far the room's log goes, as the store holds it now. `None`: there is no
    /// such room.
    async fn head(&self, room: RoomId) -> Result<Option<LogHead>, StoreError>;

    /// The first events after event `after`, at most `limit`, as they were. `None`:
    /// there is no such room.
    async fn events(
        &self,
        room: RoomId,
        after: Seq,
        limit: usize,
    ) -> Result<Option<LogPage>, StoreError>;

    /// What a message was after each of its events before event `before`: the newest
    /// `limit` of these versions, and at most [`PIECE_BYTES`](crate::PIECE_BYTES) of text,
    /// unless the newest one alone has more. `None`: the room never had this message.
    ///
    /// Deleted messages are found, with their attachments. Versions that an older version of the program has
    /// replaced may be missing.
    async fn versions(
        &self,
        room: RoomId,
        message: MessageId,
        before: Option<Seq>,
        limit: usize,
    ) -> Result<Option<VersionsPage>, StoreError>;

    /// The newest edits and deletions before event `before`, at most `limit`. They took away
    /// at most [`MAX_IDS`](aftermatch_model::access::MAX_IDS) messages and
    /// [`PIECE_BYTES`](crate::PIECE_BYTES) of text, unless the newest event alone took more:
    /// then its texts beyond that are left out, but never the first one.
    async fn audit(
        &self,
        room: RoomId,
        before: Option<Seq>,
        limit: usize,
    ) -> Result<AuditPage, StoreError>;

    /// Forgets texts that were replaced or deleted more than `keep` ago, and the attachments
    /// of deleted messages with them: those of at most `limit` events. Returns of how many:
    /// fewer than `limit` if no more are due. Nothing that [`History`](crate::History) returns changes.
    async fn purge(&self, keep: Duration, limit: usize) -> Result<usize, StoreError>;
}

/// What [`Log::events`] returns: the log at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogPage {
    /// How far the log goes.
    pub head: LogHead,
    /// Consecutive events: none only if there is none after `after`. `None`: one of
    /// them can no longer be read as it was, because its text was purged or because
    /// an older version of the program wrote it.
    pub events: Option<Vec<LoggedEvent>>,
}

/// What [`Log::versions`] returns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VersionsPage {
    /// Oldest first.
    pub versions: Vec<MessageVersion>,
    /// What the message carries beside its texts. `None` after they were purged, too.
    pub attachments: Option<Attachments>,
    /// Whether there are versions before these; false if this page is empty.
    pub has_older: bool,
}

/// What [`Log::audit`] returns.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AuditPage {
    /// Newest first.
    pub events: Vec<AuditedEvent>,
    /// Whether there are edits or deletions before these; false if this page is empty.
    pub has_older: bool,
}
