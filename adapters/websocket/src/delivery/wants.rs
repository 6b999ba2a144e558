use std::{
    collections::{HashMap, hash_map::Entry},
    hash::Hash,
    sync::Arc,
};

use aftermatch_ports::{
    Interest, Signal,
    model::{RoomId, UserId},
};
use parking_lot::Mutex;

/// What is wanted from other processes: rooms while somebody here has joined or follows them,
/// and read positions of users while they follow these here. The relay learns of the changes in
/// their order.
pub(super) struct Wants {
    interest: Arc<dyn Interest>,
    /// How often each is wanted.
    rooms: Mutex<HashMap<RoomId, usize>>,
    reads: Mutex<HashMap<UserId, usize>>,
}

impl Wants {
    pub(super) fn new(interest: Arc<dyn Interest>) -> Self {
        Self {
            interest,
            rooms: Mutex::default(),
            reads: Mutex::default(),
        }
    }

    pub(super) fn add(&self, room: RoomId) {
        let mut rooms = self.rooms.lock();
        if increment(&mut rooms, room) {
            self.interest.wanted(room);
        }
    }

    pub(super) fn remove(&self, room: RoomId) {
        let mut rooms = self.rooms.lock();
        if decrement(&mut rooms, room) {
            self.interest.unwanted(room);
        }
    }

    /// A connection of this user begins or ends to receive how far it reads.
    pub(super) fn reads(&self, user: UserId, before: bool, now: bool) {
        let mut reads = self.reads.lock();
        if now && !before && increment(&mut reads, user) {
            self.interest.reads_wanted(user, true);
        } else if before && !now && decrement(&mut reads, user) {
            self.interest.reads_wanted(user, false);
        }
    }

    /// Says to the other processes what is in no log.
    pub(super) fn signal(&self, signal: Signal) {
        self.interest.signal(signal);
    }

    /// Whether all rooms are wanted.
    pub(super) fn all(&self, wanted: bool) {
        self.interest.all_wanted(wanted);
    }
}

/// Returns whether it is the first.
fn increment<K: Eq + Hash>(counts: &mut HashMap<K, usize>, key: K) -> bool {
    let times = counts.entry(key).or_default();
    *times += 1;
    *times == 1
}

/// Returns whether it was the last.
fn decrement<K: Eq + Hash>(counts: &mut HashMap<K, usize>, key: K) -> bool {
    let Entry::Occupied(mut times) = counts.entry(key) else {
        return false;
    };
    *times.get_mut() -= 1;
    let is_last = *times.get() == 0;
    if is_last {
        times.remove();
    }
    is_last
}
