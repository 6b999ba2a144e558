use aftermatch_model::{BrandId, LogHead, RoomId, UserId, Viewer};
use async_trait::async_trait;

use crate::StoreError;

/// Noticing what the platform and other processes change in the store.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait Revisions: Send + Sync {
    /// Waits until it is time to check again. Returns at least once a second, even
    /// if notifications were lost; notifications only reduce latency.
    async fn recheck(&self);

    /// What has changed since the previous call that returned `Ok`, and maybe some
    /// of what changed before. Its cost depends on what has changed, not on what
    /// there is. Caches of the store drop what is stale. One task calls this.
    async fn changes(&self) -> Result<Changes, StoreError>;

    /// Compares what counts with the store as it is now, whatever moved or did not
    /// move a revision, and returns what differs.
    async fn compare(&self, expected: Expected) -> Result<Difference, StoreError>;

    /// Waits until the platform has written into rooms itself, and returns how far their logs
    /// go. It is only faster than [`changes`](Self::changes), which has these events, too.
    ///
    /// One task at a time calls this, again and again: an adapter may do its work only while
    /// this is polled.
    async fn platform_events(&self) -> Vec<(RoomId, LogHead)>;
}

/// What [`Revisions::changes`] returns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Changes {
    /// Exactly what changed cannot be said: at the first call, after the store was
    /// out of reach or replaced, or after a change that moved no revision. Compare
    /// everything. The caches of the store are empty now.
    Unknown,
    /// All that changed.
    Known {
        /// Users that changed or were removed.
        users: Vec<UserId>,
        /// Rooms that changed, or were removed, or removed and made again.
        rooms: Vec<RoomId>,
        /// Rooms with new events, and how far their logs go at least.
        logs: Vec<(RoomId, LogHead)>,
    },
}

/// What a process believes of the store.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Expected {
    /// Active users, and the role that each of them may act in.
    pub roles: Vec<(UserId, Viewer)>,
    /// Rooms that exist.
    pub rooms: Vec<RoomId>,
    /// Brands that are in these rooms.
    pub participants: Vec<(RoomId, BrandId)>,
    /// How far the logs of these rooms go.
    pub logs: Vec<(RoomId, LogHead)>,
}

/// What the store does not hold as expected.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Difference {
    /// Users that are gone, inactive, or without an expected role.
    pub users: Vec<UserId>,
    /// Rooms that are gone or without an expected participant.
    pub rooms: Vec<RoomId>,
    /// Rooms with another log or another end of it, and how far it goes now.
    pub logs: Vec<(RoomId, LogHead)>,
}
