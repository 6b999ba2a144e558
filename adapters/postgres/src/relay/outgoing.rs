use std::{
    mem,
    sync::atomic::{AtomicBool, Ordering},
};

use aftermatch_ports::RemoteEvent;
use parking_lot::Mutex;
use tokio::sync::Notify;

/// The most events that wait to be sent. Other processes find the rest by their
/// recheck.
const MAX_WAITING: usize = 10_000;

/// Events committed here, waiting to be sent to other processes.
#[derive(Default)]
pub(super) struct Outgoing {
    /// Whether there are other processes.
    enabled: AtomicBool,
    waiting: Mutex<Vec<RemoteEvent>>,
    pushed: Notify,
}

impl Outgoing {
    /// Called for every committed event: invariants 4 and 5.
    pub(super) fn push(&self, event: impl FnOnce() -> RemoteEvent) {
        if !self.enabled.load(Ordering::Relaxed) {
            return;
        }
        {
            let mut waiting = self.waiting.lock();
            if waiting.len() < MAX_WAITING {
                waiting.push(event());
            }
        }
        self.pushed.notify_one();
    }

    pub(super) fn set_enabled(&self, enabled: bool) {
        self.enabled.store(enabled, Ordering::Relaxed);
    }

    /// Waits until there may be something to send.
    pub(super) async fn wait(&self) {
        self.pushed.notified().await;
    }

    pub(super) fn take(&self) -> Vec<RemoteEvent> {
        mem::take(&mut *self.waiting.lock())
    }
}
