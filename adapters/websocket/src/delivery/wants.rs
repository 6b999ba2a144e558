use std::{collections::HashMap, sync::Arc};

use aftermatch_ports::{
    Interest, Signal, Urgency,
    model::{RoomId, UserId},
};
use parking_lot::Mutex;

/// What is wanted from other processes: rooms while somebody here has joined or follows them,
/// at once or soon, and read positions of users while they follow these here. The relay learns
/// of the changes in their order.
pub(super) struct Wants {
    interest: Arc<dyn Interest>,
    rooms: Mutex<HashMap<RoomId, Wanted>>,
    /// How often each is wanted.
    reads: Mutex<HashMap<UserId, usize>>,
}

/// How a room is wanted.
#[derive(Default)]
struct Wanted {
    is_joined: bool,
    /// How many follow it.
    following: usize,
}

impl Wanted {
    fn urgency(&self) -> Option<Urgency> {
        if self.is_joined {
            return Some(Urgency::AtOnce);
        }
        (self.following > 0).then_some(Urgency::Soon)
    }
}

impl Wants {
    pub(super) fn new(interest: Arc<dyn Interest>) -> Self {
        Self {
            interest,
            rooms: Mutex::default(),
            reads: Mutex::default(),
        }
    }

    /// Whether somebody has joined the room.
    pub(super) fn joined(&self, room: RoomId, is_joined: bool) {
        self.change(room, |wanted| wanted.is_joined = is_joined);
    }

    /// One more follows the room.
    pub(super) fn follow(&self, room: RoomId) {
        self.change(room, |wanted| wanted.following += 1);
    }

    /// One less.
    pub(super) fn unfollow(&self, room: RoomId) {
        self.change(room, |wanted| {
            wanted.following = wanted.following.saturating_sub(1)
        });
    }

    fn change(&self, room: RoomId, change: impl FnOnce(&mut Wanted)) {
        let mut rooms = self.rooms.lock();
        let wanted = rooms.entry(room).or_default();
        let before = wanted.urgency();
        change(wanted);
        let now = wanted.urgency();
        if now.is_none() {
            rooms.remove(&room);
        }
        if now != before {
            self.interest.room_wanted(room, now);
        }
    }

    /// A connection of this user begins or ends to receive how far it reads.
    pub(super) fn reads(&self, user: UserId, before: bool, now: bool) {
        let mut reads = self.reads.lock();
        let times = reads.entry(user).or_default();
        let was_wanted = *times > 0;
        *times = (*times + usize::from(now)).saturating_sub(usize::from(before));
        let is_wanted = *times > 0;
        if !is_wanted {
            reads.remove(&user);
        }
        if is_wanted != was_wanted {
            self.interest.reads_wanted(user, is_wanted);
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
