//! Which rooms to look at, and when.
//!
//! Invariants:
//! 1. A task that waits wakes up no later than the first deadline: a deadline that
//!    becomes the first one wakes up all that wait.
//! 2. Each deadline is taken by one task.

use std::{collections::BTreeSet, pin::pin};

use aftermatch_ports::model::RoomId;
use parking_lot::Mutex;
use tokio::{
    select,
    sync::Notify,
    time::{Instant, sleep_until},
};

/// The deadlines of all rooms. One that a room no longer has may remain for a while.
#[derive(Default)]
pub(super) struct Deadlines {
    rooms: Mutex<BTreeSet<(Instant, RoomId)>>,
    sooner: Notify,
}

impl Deadlines {
    pub(super) fn add(&self, at: Instant, room: RoomId) {
        let mut rooms = self.rooms.lock();
        rooms.insert((at, room));
        let is_first = rooms.first() == Some(&(at, room));
        drop(rooms);
        if is_first {
            self.sooner.notify_waiters();
        }
    }

    /// Waits for the next deadline, and takes it out.
    pub(super) async fn next(&self) -> (Instant, RoomId) {
        loop {
            let mut sooner = pin!(self.sooner.notified());
            // Before the look at the deadlines, so that none is missed.
            sooner.as_mut().enable();
            let first = {
                let mut rooms = self.rooms.lock();
                let first = rooms.first().copied();
                if let Some(due) = first.filter(|(at, _)| *at <= Instant::now()) {
                    rooms.remove(&due);
                    return due;
                }
                first
            };
            match first {
                Some((at, _)) => select! {
                    () = sleep_until(at) => {}
                    () = sooner => {}
                },
                None => sooner.await,
            }
        }
    }
}
