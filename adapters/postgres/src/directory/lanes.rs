use std::time::Duration;

use aftermatch_ports::StoreError;
use tokio::{
    sync::{Semaphore, SemaphorePermit},
    time::timeout,
};

/// How many changes of records run at a time: two, so that one that takes long does not hold up
/// the others, and most of the pool is left to the chat.
pub(crate) struct Lanes(Semaphore);

impl Default for Lanes {
    fn default() -> Self {
        Self(Semaphore::new(2))
    }
}

impl Lanes {
    /// Waits for its turn, no longer than `limit`.
    pub(super) async fn enter(&self, limit: Duration) -> Result<SemaphorePermit<'_>, StoreError> {
        let permit = timeout(limit, self.0.acquire()).await;
        let busy = || StoreError::transient("two other changes of the platform are running");
        permit.ok().and_then(Result::ok).ok_or_else(busy)
    }
}
