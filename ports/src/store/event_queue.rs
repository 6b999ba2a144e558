use std::time::Duration;

use async_trait::async_trait;

use crate::StoreError;

/// Pushes that wait for the platform to ask for them, each with a number.
///
/// Numbers become visible in order: a reader who has seen one never finds a lower one
/// afterwards that was not there before.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait EventQueue: Send + Sync {
    /// Stores an event under the next number. One with the same id that still waits stays as it
    /// is.
    async fn put(&self, id: &str, body: String) -> Result<(), StoreError>;

    /// The `limit` events that have waited longest, by number. Those up to `after` were dealt
    /// with: they are removed. `None`: no event has had the number `after` yet, as after a
    /// restore. Nothing is removed then.
    async fn read(
        &self,
        after: Option<i64>,
        limit: usize,
    ) -> Result<Option<Vec<QueuedEvent>>, StoreError>;

    /// Removes events that nobody asked for within `max_age`: of the `limit` oldest ones.
    /// Returns how many.
    async fn expire(&self, max_age: Duration, limit: usize) -> Result<usize, StoreError>;

    /// What waits.
    async fn waiting(&self) -> Result<WaitingEvents, StoreError>;
}

/// An event that waits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueuedEvent {
    /// Its number.
    pub number: i64,
    /// The id by which the platform recognizes it when it comes again.
    pub id: String,
    /// What it says: a JSON object.
    pub body: String,
}

/// How much waits.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct WaitingEvents {
    /// How many events, 10,000 at most: more are not counted.
    pub count: u64,
    /// How long the oldest one has waited.
    pub oldest: Duration,
}
