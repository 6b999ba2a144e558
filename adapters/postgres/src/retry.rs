//! Time limits, and retry with backoff for locked rows.

use std::time::Duration;

use aftermatch_ports::StoreError;
use sqlx::Error;
use tokio::time::{Instant, sleep, timeout_at};

const FIRST_PAUSE: Duration = Duration::from_millis(1);
const LONGEST_PAUSE: Duration = Duration::from_millis(50);

/// The result of a write that does not wait for locks.
#[derive(Clone)]
pub(crate) enum Attempt<T> {
    /// The write was decided.
    Done(T),
    /// Another transaction holds the room or the user locked: try again.
    Locked,
}

/// Pauses between attempts, up to a deadline.
pub(crate) struct Retry {
    deadline: Instant,
    pause: Duration,
}

impl Retry {
    pub(crate) fn until(deadline: Instant) -> Self {
        Self {
            deadline,
            pause: FIRST_PAUSE,
        }
    }

    /// Waits before the next attempt, each time twice as long. Fails at the
    /// deadline.
    pub(crate) async fn wait(&mut self) -> Result<(), StillLocked> {
        if Instant::now() >= self.deadline {
            return Err(StillLocked);
        }
        sleep(self.pause).await;
        self.pause = (self.pause * 2).min(LONGEST_PAUSE);
        Ok(())
    }
}

/// A lock was not released in time.
#[derive(Debug, thiserror::Error)]
#[error("the room or the user stayed locked by another transaction")]
pub(crate) struct StillLocked;

impl From<StillLocked> for StoreError {
    fn from(error: StillLocked) -> Self {
        Self::transient(error)
    }
}

/// Cuts a query off at `deadline`.
pub(crate) async fn before<T, E: From<Error>>(
    deadline: Instant,
    query: impl Future<Output = Result<T, E>>,
) -> Result<T, E> {
    let timed_out = |_| Error::Io(std::io::ErrorKind::TimedOut.into());
    timeout_at(deadline, query).await.map_err(timed_out)?
}
