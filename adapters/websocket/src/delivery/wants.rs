use std::{
    collections::{HashMap, hash_map::Entry},
    sync::Arc,
};

use aftermatch_ports::{Interest, Signal, model::RoomId};
use parking_lot::Mutex;

/// The rooms that are wanted from other processes: while somebody here has joined or follows
/// them. The relay learns of the changes in their order.
pub(super) struct Wants {
    interest: Arc<dyn Interest>,
    /// How often each is wanted.
    rooms: Mutex<HashMap<RoomId, usize>>,
}

impl Wants {
    pub(super) fn new(interest: Arc<dyn Interest>) -> Self {
        Self {
            interest,
            rooms: Mutex::default(),
        }
    }

    pub(super) fn add(&self, room: RoomId) {
        let mut rooms = self.rooms.lock();
        let times = rooms.entry(room).or_default();
        *times += 1;
        if *times == 1 {
            self.interest.wanted(room);
        }
    }

    pub(super) fn remove(&self, room: RoomId) {
        let mut rooms = self.rooms.lock();
        if let Entry::Occupied(mut times) = rooms.entry(room) {
            *times.get_mut() -= 1;
            if *times.get() == 0 {
                times.remove();
                self.interest.unwanted(room);
            }
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
