//! How many requests run at once: the chat has the rest of the machine and of the database.

use std::time::Duration;

use aftermatch_protocol::api::{ApiCode, ApiError};
use tokio::{
    sync::{Semaphore, SemaphorePermit},
    time::timeout,
};

/// Requests that run at once. Others wait for them.
const AT_ONCE: usize = 8;

/// How long a request waits.
const WAIT: Duration = Duration::from_secs(5);

pub(crate) struct Gate(Semaphore);

impl Default for Gate {
    fn default() -> Self {
        Self(Semaphore::new(AT_ONCE))
    }
}

impl Gate {
    pub(crate) async fn enter(&self) -> Result<SemaphorePermit<'_>, ApiError> {
        let permit = timeout(WAIT, self.0.acquire()).await;
        let permit = permit.ok().and_then(Result::ok);
        permit.ok_or_else(|| {
            let sentence = format!(
                "{AT_ONCE} requests of the API are running for long: send fewer at a time, and \
                 this one again"
            );
            ApiError::new(ApiCode::Unavailable, sentence)
        })
    }
}
