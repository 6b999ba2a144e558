//! What to look at, and when.
//!
//! Invariants:
//! 1. A task that waits wakes up no later than the first deadline: a deadline that
//!    becomes the first one wakes up all that wait.
//! 2. Each deadline is taken by one task.

use std::{collections::BTreeSet, pin::pin};

use parking_lot::Mutex;
use tokio::{
    select,
    sync::Notify,
    time::{Instant, sleep_until},
};

/// The deadlines of all that has one. One that is no longer needed may remain for a while.
pub(super) struct Deadlines<K> {
    all: Mutex<BTreeSet<(Instant, K)>>,
    sooner: Notify,
}

impl<K> Default for Deadlines<K> {
    fn default() -> Self {
        Self {
            all: Mutex::default(),
            sooner: Notify::new(),
        }
    }
}

impl<K: Copy + Ord> Deadlines<K> {
    pub(super) fn add(&self, at: Instant, key: K) {
        let mut all = self.all.lock();
        all.insert((at, key));
        let is_first = all.first() == Some(&(at, key));
        drop(all);
        if is_first {
            self.sooner.notify_waiters();
        }
    }

    /// Waits for the next deadline, and takes it out.
    pub(super) async fn next(&self) -> (Instant, K) {
        loop {
            let mut sooner = pin!(self.sooner.notified());
            // Before the look at the deadlines, so that none is missed.
            sooner.as_mut().enable();
            match self.take_due() {
                Ok(due) => return due,
                Err(Some(first)) => select! {
                    () = sleep_until(first) => {}
                    () = sooner => {}
                },
                Err(None) => sooner.await,
            }
        }
    }

    /// Takes out the first deadline if it is due now; else returns when it will be.
    pub(super) fn take_due(&self) -> Result<(Instant, K), Option<Instant>> {
        let mut all = self.all.lock();
        let Some(&first) = all.first() else {
            return Err(None);
        };
        if first.0 > Instant::now() {
            return Err(Some(first.0));
        }
        all.remove(&first);
        Ok(first)
    }
}
