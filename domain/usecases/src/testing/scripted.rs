//! Ports that follow a script and then wait forever.

use std::{
    collections::VecDeque,
    future::pending,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use aftermatch_ports::{
    Changes, Difference, Expected, Relay, RemoteEvent, Revisions, Signal, StoreError,
    model::{LogHead, Revision, RoomEvent, RoomId},
};
use async_trait::async_trait;

/// This many rechecks or lists of platform events; everything else is left to the mock.
pub(super) struct ScriptedRevisions {
    left: AtomicUsize,
    mock: Arc<dyn Revisions>,
}

impl ScriptedRevisions {
    pub(super) fn new(checks: usize, mock: Arc<dyn Revisions>) -> Self {
        let left = AtomicUsize::new(checks);
        Self { left, mock }
    }

    async fn next(&self) {
        let left = self.left.load(Ordering::Relaxed);
        if left == 0 {
            pending().await
        }
        self.left.store(left - 1, Ordering::Relaxed);
    }
}

#[async_trait]
impl Revisions for ScriptedRevisions {
    async fn recheck(&self) {
        self.next().await;
    }

    async fn changes(&self) -> Result<Changes, StoreError> {
        self.mock.changes().await
    }

    async fn compare(&self, expected: Expected) -> Result<Difference, StoreError> {
        self.mock.compare(expected).await
    }

    async fn platform_events(&self) -> Vec<(RoomId, LogHead)> {
        self.next().await;
        self.mock.platform_events().await
    }
}

/// These batches of events, one after the other.
pub(super) struct ScriptedRelay {
    left: Mutex<VecDeque<Vec<RemoteEvent>>>,
}

impl ScriptedRelay {
    pub(super) fn new(batches: impl IntoIterator<Item = Vec<RemoteEvent>>) -> Self {
        let left = Mutex::new(batches.into_iter().collect());
        Self { left }
    }
}

#[async_trait]
impl Relay for ScriptedRelay {
    async fn ready(&self) {}

    fn publish(&self, _event: &RoomEvent, _author: Revision) {}

    async fn receive(&self) -> Vec<RemoteEvent> {
        let next = self.left.lock().expect("one receiver").pop_front();
        match next {
            Some(events) => events,
            None => pending().await,
        }
    }

    async fn signals(&self) -> Vec<Signal> {
        pending().await
    }
}
