use std::{collections::HashSet, mem};

use aftermatch_ports::model::RoomId;
use parking_lot::Mutex;

/// The rooms of which this process wants events, and which of them the others do not
/// know yet.
#[derive(Default)]
pub(super) struct Wanted(Mutex<State>);

struct State {
    /// Whether there is anybody to announce it to. Under the same lock as the rooms: what
    /// is wanted before is in the list that the first one receives, what is wanted later is
    /// announced.
    is_announced: bool,
    rooms: HashSet<RoomId>,
    /// Those that are still to be announced.
    new: HashSet<RoomId>,
    /// No longer wanted, which is still to be announced.
    left: HashSet<RoomId>,
    /// Whether every room is wanted, and whether the others know that it is or is not.
    everything: bool,
    everything_is_known: bool,
}

impl Default for State {
    fn default() -> Self {
        Self {
            is_announced: false,
            rooms: HashSet::new(),
            new: HashSet::new(),
            left: HashSet::new(),
            everything: false,
            everything_is_known: true,
        }
    }
}

impl Wanted {
    /// Sets whether there is anybody to announce it to. If not, nothing is left to be
    /// announced.
    pub(super) fn announce(&self, is_announced: bool) {
        let mut state = self.0.lock();
        state.is_announced = is_announced;
        if !is_announced {
            state.new.clear();
            state.left.clear();
            state.everything_is_known = true;
        }
    }

    /// This room is wanted. Returns whether that is to be announced.
    pub(super) fn add(&self, room: RoomId) -> bool {
        let mut state = self.0.lock();
        state.rooms.insert(room);
        let is_known = state.left.remove(&room);
        state.is_announced && !is_known && state.new.insert(room)
    }

    /// This room is no longer wanted.
    pub(super) fn remove(&self, room: RoomId) {
        let mut state = self.0.lock();
        state.rooms.remove(&room);
        if !state.new.remove(&room) && state.is_announced {
            state.left.insert(room);
        }
    }

    pub(super) fn contains(&self, room: RoomId) -> bool {
        let state = self.0.lock();
        state.everything || state.rooms.contains(&room)
    }

    pub(super) fn set_everything(&self, wanted: bool) {
        let mut state = self.0.lock();
        state.everything_is_known &= state.everything == wanted || !state.is_announced;
        state.everything = wanted;
    }

    /// Whether every room is wanted.
    pub(super) fn everything(&self) -> bool {
        self.0.lock().everything
    }

    /// Whether every room is wanted, if that is to be announced now.
    pub(super) fn take_everything(&self) -> Option<bool> {
        let mut state = self.0.lock();
        let is_known = mem::replace(&mut state.everything_is_known, true);
        (!is_known).then_some(state.everything)
    }

    /// What is to be announced now. Also, if asked for, all that a process must know
    /// that knows nothing yet, so that what is announced later is right for it, too.
    pub(super) fn take_new(&self, with_all: bool) -> (HashSet<RoomId>, HashSet<RoomId>) {
        let mut state = self.0.lock();
        let all = state.rooms.union(&state.left).copied();
        let all = all.filter(|_| with_all).collect();
        (mem::take(&mut state.new), all)
    }

    /// What is to be announced later: a page that is loaded again comes back.
    pub(super) fn take_left(&self) -> HashSet<RoomId> {
        mem::take(&mut self.0.lock().left)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROOM: RoomId = RoomId(1);

    fn rooms(rooms: impl IntoIterator<Item = i64>) -> HashSet<RoomId> {
        rooms.into_iter().map(RoomId).collect()
    }

    fn announced() -> Wanted {
        let wanted = Wanted::default();
        wanted.announce(true);
        wanted
    }

    fn new(wanted: &Wanted) -> HashSet<RoomId> {
        wanted.take_new(false).0
    }

    fn all(wanted: &Wanted) -> HashSet<RoomId> {
        wanted.take_new(true).1
    }

    #[test]
    fn changes_are_announced_once() {
        let wanted = announced();
        assert!(wanted.add(ROOM));
        assert_eq!(new(&wanted), rooms([1]));
        assert_eq!(new(&wanted), rooms([]));
        wanted.remove(ROOM);
        assert!(!wanted.contains(ROOM));
        assert_eq!(wanted.take_left(), rooms([1]));
        assert_eq!(wanted.take_left(), rooms([]));
        assert_eq!(all(&wanted), rooms([]));
    }

    #[test]
    fn room_that_comes_back_is_not_announced() {
        let wanted = announced();
        wanted.add(ROOM);
        wanted.remove(ROOM);
        wanted.add(ROOM);
        assert_eq!(new(&wanted), rooms([1]));
        wanted.remove(ROOM);
        // A newcomer must know it: nothing else will be announced.
        assert_eq!(all(&wanted), rooms([1]));
        assert!(!wanted.add(ROOM));
        assert!(wanted.contains(ROOM));
        assert_eq!(new(&wanted), rooms([]));
        assert_eq!(wanted.take_left(), rooms([]));
    }

    #[test]
    fn single_process_announces_nothing() {
        let wanted = announced();
        wanted.add(RoomId(3));
        wanted.remove(RoomId(3));
        wanted.add(RoomId(3));
        wanted.announce(false);
        wanted.remove(RoomId(3));
        assert!(!wanted.add(ROOM));
        assert!(!wanted.add(RoomId(2)));
        wanted.remove(RoomId(2));
        assert_eq!(new(&wanted), rooms([]));
        assert_eq!(wanted.take_left(), rooms([]));
        assert_eq!(all(&wanted), rooms([1]));
    }
}
