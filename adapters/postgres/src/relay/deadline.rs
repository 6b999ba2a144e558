use std::time::Duration;

use aftermatch_ports::Urgency;
use parking_lot::Mutex;
use tokio::{
    sync::Notify,
    time::{Instant, sleep_until},
};

/// How long events gather that are only wanted soon. Followers are promised 150 ms from the
/// commit: a third of that is left for the way, and for what is to be read.
pub(super) const GATHERING: Duration = Duration::from_millis(100);

/// By when what waits is to be sent, all of it together: invariant 15.
#[derive(Default)]
pub(super) struct Deadline {
    at: Mutex<Option<Instant>>,
    /// Notified when it is earlier than before.
    earlier: Notify,
}

impl Deadline {
    /// Something waits that is as urgent as this.
    pub(super) fn set(&self, urgency: Urgency) {
        let now = Instant::now();
        let by = match urgency {
            Urgency::AtOnce => now,
            Urgency::Soon => now + GATHERING,
        };
        let mut at = self.at.lock();
        // An event that joins others wakes nobody up.
        if at.is_none_or(|at| by < at) {
            *at = Some(by);
            drop(at);
            self.earlier.notify_one();
        }
    }

    /// What waits is sent now.
    pub(super) fn clear(&self) {
        *self.at.lock() = None;
    }

    /// Waits until it is reached. Cancel-safe: invariant 10.
    pub(super) async fn reached(&self) {
        loop {
            let at = *self.at.lock();
            match at {
                None => self.earlier.notified().await,
                Some(at) if at <= Instant::now() => return,
                Some(at) => tokio::select! {
                    () = sleep_until(at) => {}
                    () = self.earlier.notified() => {}
                },
            }
        }
    }
}
