use std::ops::RangeInclusive;

use aftermatch_model::{LogHead, Message, RoomDelta, RoomId, SearchWords, Seq};
use async_trait::async_trait;

use crate::StoreError;

/// The most messages that were deleted since, in one delta.
pub const MAX_DELETED: usize = 10_000;

/// The most bytes of text and attachments that one read of messages returns, unless its first
/// message alone has more. What was read is in memory until its reader has taken it; then the next piece
/// is read.
pub const PIECE_BYTES: usize = 256 * 1024;

/// How many of the newest messages of a room [`History::page`] counts and reaches.
pub const MAX_PAGED: usize = 10_000;

/// The most messages that one call of [`History::search`] looks through.
pub const MAX_SEARCHED: usize = 2_000;

/// Reading the messages of a room.
///
/// Each read shows the room at one moment. Messages are ordered by the number of
/// the event that created them.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait History: Send + Sync {
    /// What changed in the room after event `since`. Nothing is forgotten: `since`
    /// may be any number of the past. All deleted messages are in it, and a first piece
    /// of the upserted ones: at least one, and at most [`PIECE_BYTES`].
    ///
    /// There is no [`DeltaSince::delta`] if it had more than `limit` events, if more
    /// than [`MAX_DELETED`] messages were deleted since, those included that did not
    /// exist then, or if `since` is below zero or after the last event.
    async fn delta_since(
        &self,
        room: RoomId,
        since: Seq,
        limit: usize,
    ) -> Result<DeltaSince, StoreError>;

    /// The next piece of the delta since event `since`: upserted messages, again no more
    /// than [`PIECE_BYTES`]. `events` are from [`RoomDelta::next`] up to how far the log
    /// went at the first read.
    ///
    /// What has happened after these events is not in it: neither messages deleted
    /// meanwhile, nor older ones edited meanwhile. New messages have their present text.
    async fn next_delta(
        &self,
        room: RoomId,
        since: Seq,
        events: RangeInclusive<Seq>,
    ) -> Result<DeltaSince, StoreError>;

    /// The room's messages in `range`, at most `limit`, and at most [`PIECE_BYTES`].
    async fn history(
        &self,
        room: RoomId,
        range: HistoryRange,
        limit: usize,
    ) -> Result<HistoryPage, StoreError>;

    /// How many messages the room has and, newest first and without the first
    /// `skip`, at most `limit` of them. Of a room with more than [`MAX_PAGED`]
    /// messages, only these newest ones. At most [`PIECE_BYTES`].
    async fn page(
        &self,
        room: RoomId,
        skip: u64,
        limit: usize,
    ) -> Result<(u64, Vec<Message>), StoreError>;

    /// Looks for messages that have all of `words` in their present text, newest first,
    /// from the newest created before event `before` on. Returns at most `limit` of them.
    ///
    /// One call looks through a piece of the room: at most [`MAX_SEARCHED`] messages and,
    /// after the first one, at most [`PIECE_BYTES`]. So it may find fewer than
    /// there are, or none, and say where to go on ([`FoundPiece::next`]).
    async fn search(
        &self,
        room: RoomId,
        words: &SearchWords,
        before: Option<Seq>,
        limit: usize,
    ) -> Result<FoundPiece, StoreError>;
}

/// What [`History::delta_since`] and [`History::next_delta`] return.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DeltaSince {
    /// How far the room's log goes; `None` if there is no such room.
    pub head: Option<LogHead>,
    /// What changed, or a piece of it.
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

/// What [`History::search`] found in a piece of a room.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundPiece {
    /// Newest first.
    pub messages: Vec<Message>,
    /// Before which event to go on. `None`: no older messages are left to look through.
    pub next: Option<Seq>,
    /// The number of the room's last event.
    pub last_seq: Seq,
}
