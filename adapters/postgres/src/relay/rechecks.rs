use std::time::Duration;

use parking_lot::Mutex;
use tokio::{
    sync::Notify,
    time::{Instant, sleep_until, timeout_at},
};

/// Longest interval between two rechecks: invariant 1.
const LONGEST: Duration = Duration::from_secs(1);
/// Shortest interval between two rechecks: invariant 2.
const SHORTEST: Duration = Duration::from_millis(500);

/// When a recheck is due.
pub(super) struct Rechecks {
    last: Mutex<Instant>,
    /// Notified when the platform has changed something.
    changed: Notify,
}

impl Rechecks {
    pub(super) fn new() -> Self {
        Self {
            last: Mutex::new(Instant::now()),
            changed: Notify::new(),
        }
    }

    /// The platform has changed something: the next recheck comes sooner.
    pub(super) fn hasten(&self) {
        self.changed.notify_one();
    }

    /// Waits until the next recheck is due.
    pub(super) async fn next(&self) {
        let last = *self.last.lock();
        let hastened = async {
            sleep_until(last + SHORTEST).await;
            self.changed.notified().await;
        };
        // At the timeout a recheck is due, too.
        let _ = timeout_at(last + LONGEST, hastened).await;
        *self.last.lock() = Instant::now();
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::timeout;

    use super::*;

    /// How long the next recheck takes to come.
    async fn next(rechecks: &Rechecks) -> Duration {
        let start = Instant::now();
        rechecks.next().await;
        start.elapsed()
    }

    #[tokio::test(start_paused = true)]
    async fn recheck_without_change_comes_every_second() {
        let rechecks = Rechecks::new();
        for _ in 0..3 {
            assert_eq!(next(&rechecks).await, LONGEST);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn many_changes_cause_one_early_recheck() {
        let rechecks = Rechecks::new();
        for _ in 0..100 {
            rechecks.hasten();
        }
        assert_eq!(next(&rechecks).await, SHORTEST);
        assert_eq!(next(&rechecks).await, LONGEST);
    }

    #[tokio::test(start_paused = true)]
    async fn late_change_causes_recheck_at_once() {
        let rechecks = Rechecks::new();
        let early = Duration::from_millis(700);
        let change = async {
            sleep_until(Instant::now() + early).await;
            rechecks.hasten();
        };
        let (waited, ()) = tokio::join!(next(&rechecks), change);
        assert_eq!(waited, early);
    }

    #[tokio::test(start_paused = true)]
    async fn overdue_recheck_comes_once() {
        let rechecks = Rechecks::new();
        rechecks.hasten();
        sleep_until(Instant::now() + 5 * LONGEST).await;
        assert_eq!(next(&rechecks).await, Duration::ZERO);
        assert_eq!(next(&rechecks).await, LONGEST);
    }

    #[tokio::test(start_paused = true)]
    async fn abandoned_wait_loses_no_time_or_change() {
        let rechecks = Rechecks::new();
        for _ in 0..2 {
            let wait = timeout(Duration::from_millis(200), rechecks.next());
            wait.await.unwrap_err();
        }
        assert_eq!(next(&rechecks).await, Duration::from_millis(600));

        rechecks.hasten();
        timeout(Duration::from_millis(200), rechecks.next())
            .await
            .unwrap_err();
        assert_eq!(next(&rechecks).await, Duration::from_millis(300));
    }
}
