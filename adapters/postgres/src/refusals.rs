//! Why the pool has no connection.

use std::io;

use parking_lot::Mutex;
use sqlx::Error;
use tokio::time::Instant;

use crate::error::reason;

/// The last new connection of the pool that was of no use. The pool tries again until it
/// reports a timeout, and keeps the reason to itself.
#[derive(Default)]
pub(crate) struct Refusals(Mutex<Option<(Instant, String)>>);

impl Refusals {
    pub(crate) fn note(&self, error: &Error) {
        *self.0.lock() = Some((Instant::now(), reason(error)));
    }

    /// The same error, or the reason for which the pool had no connection since `began`.
    pub(crate) fn explain(&self, error: Error, began: Instant) -> Error {
        match (&error, &*self.0.lock()) {
            (Error::PoolTimedOut, Some((at, reason))) if *at >= began => {
                Error::Io(io::Error::other(reason.clone()))
            }
            _ => error,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::advance;

    use super::*;
    use crate::{error::is_transient, session::read_only};

    #[tokio::test(start_paused = true)]
    async fn timeout_has_reason_of_its_own_time() {
        let refusals = Refusals::default();
        let began = Instant::now();
        let explain = |error, began| refusals.explain(error, began);
        let timed_out = Error::PoolTimedOut.to_string();
        assert_eq!(explain(Error::PoolTimedOut, began).to_string(), timed_out);

        refusals.note(&read_only());
        let explained = explain(Error::PoolTimedOut, began);
        assert!(explained.to_string().contains("standby"), "{explained}");
        assert!(is_transient(&explained), "{explained}");
        let other = explain(Error::RowNotFound, began).to_string();
        assert_eq!(other, Error::RowNotFound.to_string());

        advance(Duration::from_secs(1)).await;
        let later = explain(Error::PoolTimedOut, Instant::now()).to_string();
        assert_eq!(later, timed_out, "of an outage that is over");
    }
}
