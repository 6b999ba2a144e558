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
    Relay, RemoteEvent, Revisions, Stale, StoreError,
    model::{Revision, RoomEvent, RoomVersion, UserId},
};
use async_trait::async_trait;

/// This many rechecks; everything else is left to the mock.
pub(super) struct ScriptedRevisions {
    left: AtomicUsize,
    mock: Arc<dyn Revisions>,
}

impl ScriptedRevisions {
    pub(super) fn new(checks: usize, mock: Arc<dyn Revisions>) -> Self {
        let left = AtomicUsize::new(checks);
        Self { left, mock }
    }
}

#[async_trait]
impl Revisions for ScriptedRevisions {
    async fn recheck(&self) {
        let left = self.left.load(Ordering::Relaxed);
        if left == 0 {
            pending().await
        }
        self.left.store(left - 1, Ordering::Relaxed);
    }

    async fn stale(
        &self,
        users: Vec<(UserId, Revision)>,
        rooms: Vec<RoomVersion>,
    ) -> Result<Stale, StoreError> {
        self.mock.stale(users, rooms).await
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
    fn publish(&self, _event: &RoomEvent) {}

    async fn receive(&self) -> Vec<RemoteEvent> {
        let next = self.left.lock().expect("one receiver").pop_front();
        match next {
            Some(events) => events,
            None => pending().await,
        }
    }
}
