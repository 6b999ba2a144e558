//! Failures of the stores: the cause goes to the log, a sentence to the client.
//!
//! An outage fails thousands of requests. The log has each cause once, and one line when
//! it is over, with the number of failures.

use std::{
    collections::HashSet,
    error::Error,
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use aftermatch_ports::{ChatError, StoreError};
use aftermatch_protocol::error::ProtocolError;
use parking_lot::Mutex;
use tokio::time::Instant;

/// An outage is over when nothing has failed for this long.
const OVER_AFTER: Duration = Duration::from_secs(5);

/// The most causes that the log has of one outage.
const MAX_CAUSES: usize = 20;

/// The failures of the present outage, if there is one.
#[derive(Default)]
pub(crate) struct Failures {
    /// Whether there is one, for a look without the lock.
    failing: AtomicBool,
    outage: Mutex<Option<Outage>>,
}

struct Outage {
    began: Instant,
    last: Instant,
    failures: u64,
    causes: HashSet<String>,
}

impl Failures {
    /// The error for the client. The cause of a failure is logged.
    pub(crate) fn report(&self, error: ChatError) -> ProtocolError {
        if let ChatError::Store(failure) = &error {
            self.failed(failure);
        }
        error.into()
    }

    fn failed(&self, failure: &StoreError) {
        let source = failure.source().map(ToString::to_string);
        if !failure.is_transient() {
            tracing::error!(error = source, "a store failed");
            return;
        }
        let now = Instant::now();
        let mut outage = self.outage.lock();
        let outage = outage.get_or_insert_with(|| Outage {
            began: now,
            last: now,
            failures: 0,
            causes: HashSet::new(),
        });
        self.failing.store(true, Ordering::Relaxed);
        outage.last = now;
        outage.failures += 1;
        let cause = source.clone().unwrap_or_default();
        if outage.causes.len() < MAX_CAUSES && outage.causes.insert(cause) {
            tracing::warn!(error = source, "a store is unavailable");
        }
    }

    /// A request was done.
    pub(crate) fn succeeded(&self) {
        if self.failing.load(Ordering::Relaxed) {
            self.end();
        }
    }

    fn end(&self) {
        let mut outage = self.outage.lock();
        let over = |outage: &mut Outage| outage.last.elapsed() >= OVER_AFTER;
        if let Some(outage) = outage.take_if(over) {
            self.failing.store(false, Ordering::Relaxed);
            tracing::info!(
                failures = outage.failures,
                seconds = outage.last.duration_since(outage.began).as_secs(),
                "the stores are available again"
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::advance;

    use super::*;

    fn failure(cause: &'static str) -> ChatError {
        StoreError::transient(cause).into()
    }

    #[tokio::test(start_paused = true)]
    async fn outage_is_over_when_nothing_has_failed_for_a_while() {
        let failures = Failures::default();
        let is_failing = || failures.outage.lock().is_some();
        for cause in ["away", "away", "locked"] {
            failures.report(failure(cause));
            failures.succeeded();
            assert!(is_failing(), "others still fail");
            advance(OVER_AFTER / 2).await;
        }
        let causes = failures
            .outage
            .lock()
            .as_ref()
            .map(|outage| outage.causes.len());
        assert_eq!(causes, Some(2));
        advance(OVER_AFTER / 2).await;
        assert!(is_failing(), "no request has been done since");
        failures.succeeded();
        assert!(!is_failing());
    }
}
