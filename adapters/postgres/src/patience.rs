//! Every wait has an end.

use std::time::Duration;

use sqlx::Error;
use tokio::time::{Instant, sleep, timeout_at};

use crate::Postgres;

/// How long to wait before asking again for what somebody else has locked.
const FIRST: Duration = Duration::from_millis(1);
const LONGEST: Duration = Duration::from_millis(50);

/// What became of an attempt that waits for no lock.
pub(crate) enum Attempt<T> {
    Done(T),
    /// Somebody else has the room or the user locked just now.
    Busy,
}

impl Postgres {
    /// Cuts off what the server itself does not cut off in time: it may be out of
    /// reach.
    pub(crate) async fn in_time<T>(
        &self,
        query: impl Future<Output = Result<T, Error>>,
    ) -> Result<T, Error> {
        // Twice: one for a connection to be had, one for the statement.
        until(Instant::now() + 2 * self.statement_timeout, query).await
    }

    /// Begins to wait for what somebody else has locked, as long as a statement
    /// may take.
    pub(crate) fn patience(&self) -> Patience {
        Patience {
            end: Instant::now() + self.statement_timeout,
            pause: FIRST,
        }
    }
}

/// How much longer to wait for a lock.
pub(crate) struct Patience {
    end: Instant,
    pause: Duration,
}

impl Patience {
    /// Waits a moment, a longer one each time, until there is no time left.
    pub(crate) async fn wait(&mut self) -> Result<(), Busy> {
        if Instant::now() >= self.end {
            return Err(Busy);
        }
        sleep(self.pause).await;
        self.pause = (self.pause * 2).min(LONGEST);
        Ok(())
    }
}

/// A lock was not to be had in time.
#[derive(Debug, thiserror::Error)]
#[error("the room or the user stayed locked by somebody else")]
pub(crate) struct Busy;

impl From<Busy> for aftermatch_ports::Unavailable {
    fn from(busy: Busy) -> Self {
        Self::passing(busy)
    }
}

/// Cuts off what has not ended at `end`.
pub(crate) async fn until<T, E: From<Error>>(
    end: Instant,
    query: impl Future<Output = Result<T, E>>,
) -> Result<T, E> {
    let late = |_| Error::Io(std::io::ErrorKind::TimedOut.into());
    timeout_at(end, query).await.map_err(late)?
}
