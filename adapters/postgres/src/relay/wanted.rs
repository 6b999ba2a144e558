use std::{collections::HashSet, hash::Hash, mem};

use parking_lot::Mutex;

/// The rooms of which this process wants events, or the users of which it wants read positions,
/// and which of them the others do not know yet.
pub(super) struct Wanted<K>(Mutex<State<K>>);

struct State<K> {
    /// Whether there is anybody to announce it to. Under the same lock as the rest: what
    /// is wanted before is in the list that the first one receives, what is wanted later is
    /// announced.
    is_announced: bool,
    these: HashSet<K>,
    /// Those that are still to be announced.
    new: HashSet<K>,
    /// No longer wanted, which is still to be announced.
    left: HashSet<K>,
}

impl<K> Default for Wanted<K> {
    fn default() -> Self {
        Self(Mutex::new(State {
            is_announced: false,
            these: HashSet::new(),
            new: HashSet::new(),
            left: HashSet::new(),
        }))
    }
}

impl<K: Copy + Eq + Hash> Wanted<K> {
    /// Sets whether there is anybody to announce it to. If not, nothing is left to be
    /// announced.
    pub(super) fn announce(&self, is_announced: bool) {
        let mut state = self.0.lock();
        state.is_announced = is_announced;
        if !is_announced {
            state.new.clear();
            state.left.clear();
        }
    }

    /// It is wanted. Returns whether that is to be announced.
    pub(super) fn add(&self, one: K) -> bool {
        let mut state = self.0.lock();
        state.these.insert(one);
        let is_known = state.left.remove(&one);
        state.is_announced && !is_known && state.new.insert(one)
    }

    /// It is no longer wanted.
    pub(super) fn remove(&self, one: K) {
        let mut state = self.0.lock();
        state.these.remove(&one);
        if !state.new.remove(&one) && state.is_announced {
            state.left.insert(one);
        }
    }

    pub(super) fn contains(&self, one: K) -> bool {
        self.0.lock().these.contains(&one)
    }

    /// What is to be announced now. Also, if asked for, all that a process must know
    /// that knows nothing yet, so that what is announced later is right for it, too.
    pub(super) fn take_new(&self, with_all: bool) -> (HashSet<K>, HashSet<K>) {
        let mut state = self.0.lock();
        let all = state.these.union(&state.left).copied();
        let all = all.filter(|_| with_all).collect();
        (mem::take(&mut state.new), all)
    }

    /// What is to be announced later: a page that is loaded again comes back.
    pub(super) fn take_left(&self) -> HashSet<K> {
        mem::take(&mut self.0.lock().left)
    }
}

/// Whether all rooms are wanted, and whether the others know that yet.
#[derive(Default)]
pub(super) struct AllWanted(Mutex<AllState>);

#[derive(Default)]
struct AllState {
    /// As for [`Wanted`].
    is_announced: bool,
    is_wanted: bool,
    /// Whether it is still to be announced.
    is_new: bool,
}

impl AllWanted {
    /// As [`Wanted::announce`].
    pub(super) fn announce(&self, is_announced: bool) {
        let mut state = self.0.lock();
        state.is_announced = is_announced;
        state.is_new &= is_announced;
    }

    pub(super) fn set(&self, wanted: bool) {
        let mut state = self.0.lock();
        state.is_new |= state.is_wanted != wanted && state.is_announced;
        state.is_wanted = wanted;
    }

    pub(super) fn get(&self) -> bool {
        self.0.lock().is_wanted
    }

    /// Whether they are, if that is to be announced now.
    pub(super) fn take_new(&self) -> Option<bool> {
        let mut state = self.0.lock();
        mem::take(&mut state.is_new).then_some(state.is_wanted)
    }
}

#[cfg(test)]
mod tests {
    use aftermatch_ports::model::RoomId;

    use super::*;

    const ROOM: RoomId = RoomId(1);

    fn rooms(rooms: impl IntoIterator<Item = i64>) -> HashSet<RoomId> {
        rooms.into_iter().map(RoomId).collect()
    }

    fn announced() -> Wanted<RoomId> {
        let wanted = Wanted::default();
        wanted.announce(true);
        wanted
    }

    fn new(wanted: &Wanted<RoomId>) -> HashSet<RoomId> {
        wanted.take_new(false).0
    }

    fn all(wanted: &Wanted<RoomId>) -> HashSet<RoomId> {
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
