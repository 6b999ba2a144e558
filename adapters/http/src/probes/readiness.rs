//! `/readyz`: whether somebody could join a room and write now.

use std::{error::Error, sync::Arc, time::Duration};

use aftermatch_ports::Health;
use poem::{Response, http::StatusCode};
use tokio::{sync::Mutex, time::Instant};
use tokio_util::sync::CancellationToken;

use crate::files::plain;

/// How long one check is the answer to all probes. However many there are, they cost the
/// store ten checks a second.
const CHECK: Duration = Duration::from_millis(100);

pub(super) struct Readiness {
    health: Arc<dyn Health>,
    stopping: CancellationToken,
    last: Mutex<Last>,
}

#[derive(Default)]
struct Last {
    checked: Option<(Instant, bool)>,
    /// Whether the log has the present outage.
    reported: bool,
}

impl Readiness {
    pub(super) fn new(health: Arc<dyn Health>, stopping: CancellationToken) -> Self {
        Self {
            health,
            stopping,
            last: Mutex::default(),
        }
    }

    pub(super) async fn answer(&self) -> Response {
        let unavailable = |why| plain(StatusCode::SERVICE_UNAVAILABLE, why);
        if self.stopping.is_cancelled() {
            unavailable("stopping")
        } else if self.is_ready().await {
            plain(StatusCode::OK, "ready")
        } else {
            unavailable("the store cannot be used now; the log says why")
        }
    }

    /// One probe checks at a time. Those that waited for it get its result.
    async fn is_ready(&self) -> bool {
        let mut last = self.last.lock().await;
        if let Some((at, ready)) = last.checked
            && at.elapsed() < CHECK
        {
            return ready;
        }
        let checked = self.health.check().await;
        let ready = checked.is_ok();
        last.checked = Some((Instant::now(), ready));
        match checked {
            Err(failure) if !last.reported => {
                let cause = failure.source().map(ToString::to_string);
                tracing::warn!(error = cause, "not ready");
            }
            Ok(()) if last.reported => tracing::info!("ready again"),
            _ => {}
        }
        last.reported = !ready;
        ready
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use aftermatch_ports::{MockHealth, StoreError};
    use tokio::time::advance;

    use super::*;

    /// A store that fails the second and the third check, and the number of checks.
    fn readiness() -> (Readiness, Arc<AtomicUsize>) {
        let checks = Arc::new(AtomicUsize::new(0));
        let counted = checks.clone();
        let mut health = MockHealth::new();
        health.expect_check().returning(move || {
            match counted.fetch_add(1, Ordering::Relaxed) + 1 {
                2 | 3 => Err(StoreError::transient("away")),
                _ => Ok(()),
            }
        });
        let readiness = Readiness::new(Arc::new(health), CancellationToken::new());
        (readiness, checks)
    }

    #[tokio::test(start_paused = true)]
    async fn many_probes_cost_one_check() {
        let (readiness, checks) = readiness();
        for (expected, ready) in [(1, true), (2, false), (3, false), (4, true)] {
            for _ in 0..100 {
                assert_eq!(readiness.is_ready().await, ready);
            }
            assert_eq!(checks.load(Ordering::Relaxed), expected);
            advance(CHECK).await;
        }
    }

    #[tokio::test(start_paused = true)]
    async fn outage_is_reported_until_it_is_over() {
        let (readiness, _) = readiness();
        for reported in [false, true, true, false] {
            readiness.is_ready().await;
            assert_eq!(readiness.last.lock().await.reported, reported);
            advance(CHECK).await;
        }
    }
}
