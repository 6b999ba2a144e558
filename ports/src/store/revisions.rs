use aftermatch_model::{Revision, RoomId, RoomVersion, Seq, UserId};
use async_trait::async_trait;

use crate::StoreError;

/// Noticing what the platform and other processes change in the store.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait Revisions: Send + Sync {
    /// Waits until it is time to check again. Returns at least once a second, even
    /// if notifications were lost; notifications only reduce latency.
    async fn recheck(&self);

    /// Which of these users and rooms are no longer as given. Caches of the store
    /// drop what is stale.
    async fn stale(
        &self,
        users: Vec<(UserId, Revision)>,
        rooms: Vec<RoomVersion>,
    ) -> Result<Stale, StoreError>;
}

/// What is no longer as a process has seen it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Stale {
    /// Users at another revision, or removed.
    pub users: Vec<UserId>,
    /// Rooms at another revision, or removed.
    pub rooms: Vec<RoomId>,
    /// Rooms with events after the given last one, and the number of their last
    /// event.
    pub behind: Vec<(RoomId, Seq)>,
}
