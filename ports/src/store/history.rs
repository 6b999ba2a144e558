use aftermatch_model::{LogHead, Message, RoomDelta, RoomId, Seq};
use async_trait::async_trait;

use crate::StoreError;

/// The most messages that were deleted since, in one delta.
pub const MAX_DELETED: usize = 10_000;

/// The most bytes of texts in one [`RoomDelta`]: all of it is in memory while its reader
/// takes it.
pub const MAX_DELTA_BYTES: usize = 4 * 1024 * 1024;

/// The most bytes of text that one read of messages returns, unless its first message alone
/// has more. A reader that wants more reads again.
pub const PIECE_BYTES: usize = 256 * 1024;

/// How many of the newest messages of a room [`History::page`] counts and reaches.
pub const MAX_PAGED: usize = 10_000;

/// Reading the messages of a room.
///
/// Each read shows the room at one moment. Messages are ordered by the number of
/// the event that created them.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait History: Send + Sync {
    /// What changed in the room after event `since`. Nothing is forgotten: `since`
    /// may be any number of the past.
    ///
    /// There is no [`DeltaSince::delta`] if it had more than `limit` upserted
    /// messages, if these have more than [`MAX_DELTA_BYTES`] of text, if more than
    /// [`MAX_DELETED`] messages were deleted since, those included that did not exist
    /// then, or if `since` is below zero or after the last event.
    async fn delta_since(
        &self,
        room: RoomId,
        since: Seq,
        limit: usize,
    ) -> Result<DeltaSince, StoreError>;

    /// The room's messages in `range`, at most `limit`, and at most [`PIECE_BYTES`] of
    /// text.
    async fn history(
        &self,
        room: RoomId,
        range: HistoryRange,
        limit: usize,
    ) -> Result<HistoryPage, StoreError>;

    /// How many messages the room has and, newest first and without the first
    /// `skip`, at most `limit` of them. Of a room with more than [`MAX_PAGED`]
    /// messages, only these newest ones. At most [`PIECE_BYTES`] of text.
    async fn page(
        &self,
        room: RoomId,
        skip: u64,
        limit: usize,
    ) -> Result<(u64, Vec<Message>), StoreError>;
}

/// What [`History::delta_since`] returns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeltaSince {
    /// How far the room's log goes; `None` if there is no such room.
    pub head: Option<LogHead>,
    /// What changed up to there.
    pub delta: Option<RoomDelta>,
}

/// Which messages of a room to read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HistoryRange {
    /// The newest.
    Newest,
    /// The newest of those created before this event.
    Before(Seq),
    /// The oldest of those created after this event.
    After(Seq),
}

/// Consecutive messages of a room.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HistoryPage {
    /// Oldest first.
    pub messages: Vec<Message>,
    /// Whether there are messages before these; false if this page is empty.
    pub has_older: bool,
    /// Whether there are messages after these; false if this page is empty.
    pub has_newer: bool,
    /// The number of the room's last event.
    pub last_seq: Seq,
}
