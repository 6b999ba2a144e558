use std::{pin::pin, time::Duration};

use parking_lot::Mutex;
use tokio::{
    select,
    sync::Notify,
    time::{Instant, sleep_until},
};

/// How often all rooms may be read for administrators who begin to follow them.
const INTERVAL: Duration = Duration::from_secs(1);

/// When all rooms may be read. That costs the store much, and who begins and ends to follow them
/// in turns would have them read each time.
#[derive(Default)]
pub(super) struct Loads {
    last: Mutex<Option<Instant>>,
    loaded: Notify,
}

impl Loads {
    /// Waits until they may be read, for an interval at most: if others fail to read them, all
    /// who wait try it themselves. Returns `false` if that is no longer needed, because somebody
    /// else has read them meanwhile.
    pub(super) async fn next(&self, is_needed: impl Fn() -> bool) -> bool {
        let latest = Instant::now() + INTERVAL;
        loop {
            let mut loaded = pin!(self.loaded.notified());
            // Before the look, so that nothing is missed between that and the wait.
            loaded.as_mut().enable();
            if !is_needed() {
                return false;
            }
            let Some(next) = self.begin().filter(|_| Instant::now() < latest) else {
                return true;
            };
            select! {
                () = loaded => {}
                () = sleep_until(next) => {}
            }
        }
    }

    /// Returns when to try again, if they were read lately.
    fn begin(&self) -> Option<Instant> {
        let now = Instant::now();
        let mut last = self.last.lock();
        let next = last.map(|last| last + INTERVAL).filter(|next| *next > now);
        if next.is_none() {
            *last = Some(now);
        }
        next
    }

    pub(super) fn loaded(&self) {
        self.loaded.notify_waiters();
    }
}
