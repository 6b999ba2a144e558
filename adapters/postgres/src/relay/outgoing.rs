use std::{
    collections::BTreeSet,
    mem,
    sync::atomic::{AtomicBool, Ordering},
};

use aftermatch_ports::RemoteEvent;
use parking_lot::Mutex;

use super::queue::Queue;

/// What waits to be sent to other processes.
#[derive(Default)]
pub(super) struct Outgoing {
    /// Whether there are other processes.
    enabled: AtomicBool,
    /// Events committed here.
    events: Queue,
    /// Processes whose hello is to be confirmed.
    confirmations: Mutex<BTreeSet<u32>>,
}

impl Outgoing {
    /// Called for every committed event: invariants 4 and 5.
    pub(super) fn push(&self, event: impl FnOnce() -> RemoteEvent) {
        if self.enabled.load(Ordering::SeqCst) {
            self.events.push(event());
        }
    }

    pub(super) fn set_enabled(&self, enabled: bool) {
        self.enabled.store(enabled, Ordering::SeqCst);
    }

    /// Confirms to another process that events are sent. Invariant 6: they are queued
    /// from now on.
    pub(super) fn confirm(&self, other: u32) {
        self.set_enabled(true);
        self.confirmations.lock().insert(other);
        self.events.wake();
    }

    /// Waits until there may be something to send.
    pub(super) async fn wait(&self) {
        self.events.wait().await;
    }

    /// The processes to confirm to, and the events to send.
    pub(super) fn take(&self) -> (BTreeSet<u32>, Vec<RemoteEvent>) {
        let confirmations = mem::take(&mut *self.confirmations.lock());
        (confirmations, self.events.take())
    }
}

#[cfg(test)]
mod tests {
    use aftermatch_ports::model::{Epoch, RoomId, Seq};

    use super::*;

    #[test]
    fn single_process_queues_nothing() {
        let event = RemoteEvent {
            room: RoomId(1),
            epoch: Epoch { store: 1, room: 2 },
            seq: Seq(1),
            content: None,
        };
        let outgoing = Outgoing::default();
        outgoing.push(|| event.clone());
        assert_eq!(outgoing.take(), (BTreeSet::new(), vec![]));
        outgoing.confirm(7);
        outgoing.push(|| event.clone());
        assert_eq!(outgoing.take(), (BTreeSet::from([7]), vec![event]));
        outgoing.set_enabled(false);
        outgoing.push(|| panic!("nobody needs it"));
    }
}
