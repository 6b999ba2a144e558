//! Sending what was delivered into the outboxes of a room: one pass over everyone
//! joined.
//!
//! Invariants:
//! 1. Whatever was put into the outboxes of a room before a call of
//!    [`Channel::flush`] is sent, by this call or by a pass that is running.
//! 2. One pass at a time runs over a room. A second call during a pass returns at
//!    once, and the running pass is followed by another.
//! 3. A session makes one pass at most. What others deliver meanwhile is sent by a
//!    task of its own, so that one session does not work for all the others.

use std::sync::Arc;

use parking_lot::{Mutex, MutexGuard};
use tokio_util::task::TaskTracker;

use super::{connection::Flush, room_channel::RoomChannel};
use crate::metrics::Metrics;

/// A room channel and what is needed to send its events.
pub(super) struct Channel {
    room: Mutex<RoomChannel>,
    flusher: Arc<Flusher>,
}

/// What all channels need to send.
#[derive(Default)]
pub(super) struct Flusher {
    pub(super) metrics: Arc<Metrics>,
    pub(super) tasks: TaskTracker,
}

impl Channel {
    pub(super) fn new(flusher: Arc<Flusher>) -> Self {
        Self {
            room: Mutex::default(),
            flusher,
        }
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, RoomChannel> {
        self.room.lock()
    }
}

impl Flush for Channel {
    fn flush(self: Arc<Self>) {
        let Some(pass) = self.lock().begin_pass() else {
            return;
        };
        pass.run(&self.flusher.metrics);
        let Some(mut pass) = self.lock().next_pass() else {
            return;
        };
        // Invariant 3.
        let tasks = self.flusher.tasks.clone();
        tasks.spawn(async move {
            loop {
                pass.run(&self.flusher.metrics);
                tokio::task::yield_now().await;
                match self.lock().next_pass() {
                    Some(next) => pass = next,
                    None => return,
                }
            }
        });
    }
}
