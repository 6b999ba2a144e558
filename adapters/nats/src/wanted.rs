//! What this process wants, and what of it is still to be done at a server.

use std::{
    collections::{HashMap, HashSet},
    hash::Hash,
    mem,
};

use aftermatch_ports::model::{RoomId, UserId};
use parking_lot::Mutex;

/// What this process wants, and what of it is still to be done at a server.
#[derive(Default)]
pub(crate) struct Wanted {
    rooms: Mutex<Changing<RoomId>>,
    /// Users whose read positions are wanted.
    users: Mutex<Changing<UserId>>,
    /// Has `()` if all rooms are wanted.
    all: Mutex<Changing<()>>,
}

/// What is wanted since the last time, and what is not any more.
pub(crate) struct Changes {
    pub(crate) rooms: HashMap<RoomId, bool>,
    pub(crate) users: HashMap<UserId, bool>,
    pub(crate) all: Option<bool>,
}

impl Wanted {
    pub(crate) fn room(&self, room: RoomId, wanted: bool) {
        self.rooms.lock().set(room, wanted);
    }

    pub(crate) fn all(&self, wanted: bool) {
        self.all.lock().set((), wanted);
    }

    pub(crate) fn user(&self, user: UserId, wanted: bool) {
        self.users.lock().set(user, wanted);
    }

    pub(crate) fn has_user(&self, user: UserId) -> bool {
        self.users.lock().wanted.contains(&user)
    }

    /// Nothing was done yet at this connection.
    pub(crate) fn begin(&self) {
        self.rooms.lock().begin();
        self.users.lock().begin();
        self.all.lock().begin();
    }

    pub(crate) fn take(&self) -> Changes {
        Changes {
            rooms: self.rooms.lock().take(),
            users: self.users.lock().take(),
            all: self.all.lock().take().remove(&()),
        }
    }
}

struct Changing<K> {
    wanted: HashSet<K>,
    /// Those that are wanted and were not when they were last taken, and the other way round.
    /// So there are never more than were wanted then and are wanted now.
    changed: HashSet<K>,
}

impl<K> Default for Changing<K> {
    fn default() -> Self {
        Self {
            wanted: HashSet::new(),
            changed: HashSet::new(),
        }
    }
}

impl<K: Copy + Eq + Hash> Changing<K> {
    fn set(&mut self, one: K, wanted: bool) {
        let has_changed = if wanted {
            self.wanted.insert(one)
        } else {
            self.wanted.remove(&one)
        };
        // A change and the one back are none.
        if has_changed && !self.changed.remove(&one) {
            self.changed.insert(one);
        }
    }

    fn begin(&mut self) {
        self.changed = self.wanted.clone();
    }

    fn take(&mut self) -> HashMap<K, bool> {
        let changed = mem::take(&mut self.changed).into_iter();
        changed
            .map(|one| (one, self.wanted.contains(&one)))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken(wanted: &Wanted) -> Vec<(i64, bool)> {
        let rooms = wanted.take().rooms.into_iter();
        let mut rooms: Vec<_> = rooms.map(|(room, wanted)| (room.0, wanted)).collect();
        rooms.sort_unstable();
        rooms
    }

    #[test]
    fn changes_are_taken_once() {
        let wanted = Wanted::default();
        for room in [1, 1, 2] {
            wanted.room(RoomId(room), true);
        }
        assert_eq!(taken(&wanted), [(1, true), (2, true)]);
        assert_eq!(taken(&wanted), []);
        wanted.room(RoomId(1), false);
        wanted.room(RoomId(3), false);
        wanted.all(true);
        let changes = wanted.take();
        assert_eq!(changes.rooms, HashMap::from([(RoomId(1), false)]));
        assert_eq!(changes.all, Some(true));
        assert_eq!(wanted.take().all, None);
    }

    #[test]
    fn change_and_the_one_back_are_none() {
        let wanted = Wanted::default();
        wanted.room(RoomId(1), true);
        wanted.room(RoomId(1), false);
        assert_eq!(taken(&wanted), []);
        wanted.room(RoomId(1), true);
        assert_eq!(taken(&wanted), [(1, true)]);
        wanted.room(RoomId(1), false);
        wanted.room(RoomId(1), true);
        assert_eq!(taken(&wanted), []);
    }

    #[test]
    fn new_connection_gets_all_that_is_wanted() {
        let wanted = Wanted::default();
        for room in 1..=3 {
            wanted.room(RoomId(room), true);
        }
        wanted.user(UserId(4), true);
        wanted.all(true);
        drop(wanted.take());
        wanted.room(RoomId(2), false);
        wanted.begin();
        wanted.room(RoomId(3), false);
        let changes = wanted.take();
        assert_eq!(changes.rooms, HashMap::from([(RoomId(1), true)]));
        assert_eq!(changes.users, HashMap::from([(UserId(4), true)]));
        assert_eq!(changes.all, Some(true));
    }
}
