use std::{cmp::Ordering, collections::HashMap, hash::Hash, mem};

use parking_lot::Mutex;

/// The rooms of which this process wants events, and how soon, or the users of which it wants
/// read positions; and which of that the others do not know yet.
pub(super) struct Wanted<K, V>(Mutex<State<K, V>>);

/// How these are wanted now, if they are.
pub(super) type Announcement<K, V> = HashMap<K, Option<V>>;

struct State<K, V> {
    /// Whether there is anybody to announce it to. Under the same lock as the rest: what
    /// is wanted before is in the list that the first one receives, what is wanted later is
    /// announced.
    is_announced: bool,
    these: HashMap<K, V>,
    /// Wanted more than the others know, which is still to be announced; with what they know.
    raised: HashMap<K, Option<V>>,
    /// Wanted less, or no longer, in the same way.
    lowered: HashMap<K, Option<V>>,
}

impl<K, V> Default for Wanted<K, V> {
    fn default() -> Self {
        Self(Mutex::new(State {
            is_announced: false,
            these: HashMap::new(),
            raised: HashMap::new(),
            lowered: HashMap::new(),
        }))
    }
}

impl<K: Copy + Eq + Hash, V: Copy + Ord> Wanted<K, V> {
    /// Sets whether there is anybody to announce it to. If not, nothing is left to be
    /// announced.
    pub(super) fn announce(&self, is_announced: bool) {
        let mut state = self.0.lock();
        state.is_announced = is_announced;
        if !is_announced {
            state.raised.clear();
            state.lowered.clear();
        }
    }

    /// Sets how it is wanted. Returns whether that is to be announced now.
    pub(super) fn set(&self, one: K, wanted: Option<V>) -> bool {
        let state = &mut *self.0.lock();
        let before = match wanted {
            Some(wanted) => state.these.insert(one, wanted),
            None => state.these.remove(&one),
        };
        if !state.is_announced {
            return false;
        }
        let raised = state.raised.remove(&one);
        let known = raised.or_else(|| state.lowered.remove(&one));
        let known = known.unwrap_or(before);
        match wanted.cmp(&known) {
            Ordering::Greater => state.raised.insert(one, known),
            Ordering::Less => state.lowered.insert(one, known),
            Ordering::Equal => None,
        };
        wanted > known
    }

    pub(super) fn contains(&self, one: K) -> bool {
        self.0.lock().these.contains_key(&one)
    }

    /// What is to be announced now. Also, if asked for, all that a process must know
    /// that knows nothing yet, so that what is announced later is right for it, too.
    pub(super) fn take_raised(&self, with_all: bool) -> (Announcement<K, V>, Announcement<K, V>) {
        let mut state = self.0.lock();
        let mut all = Announcement::new();
        if with_all {
            all.extend(state.these.iter().map(|(one, now)| (*one, Some(*now))));
            all.extend(&state.lowered);
        }
        let raised = mem::take(&mut state.raised);
        (state.now(raised), all)
    }

    /// What is to be announced later: a page that is loaded again comes back.
    pub(super) fn take_lowered(&self) -> Announcement<K, V> {
        let mut state = self.0.lock();
        let lowered = mem::take(&mut state.lowered);
        state.now(lowered)
    }
}

impl<K: Copy + Eq + Hash, V: Copy> State<K, V> {
    fn now(&self, changed: HashMap<K, Option<V>>) -> Announcement<K, V> {
        let changed = changed.into_keys();
        let now = changed.map(|one| (one, self.these.get(&one).copied()));
        now.collect()
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
    use aftermatch_ports::{
        Urgency::{self, *},
        model::RoomId,
    };

    use super::*;

    const ROOM: RoomId = RoomId(1);

    fn rooms<const N: usize>(rooms: [(i64, Option<Urgency>); N]) -> Announcement<RoomId, Urgency> {
        rooms.map(|(room, wanted)| (RoomId(room), wanted)).into()
    }

    fn announced() -> Wanted<RoomId, Urgency> {
        let wanted = Wanted::default();
        wanted.announce(true);
        wanted
    }

    fn raised(wanted: &Wanted<RoomId, Urgency>) -> Announcement<RoomId, Urgency> {
        wanted.take_raised(false).0
    }

    fn all(wanted: &Wanted<RoomId, Urgency>) -> Announcement<RoomId, Urgency> {
        wanted.take_raised(true).1
    }

    #[test]
    fn changes_are_announced_once() {
        let wanted = announced();
        assert!(wanted.set(ROOM, Some(AtOnce)));
        assert_eq!(raised(&wanted), rooms([(1, Some(AtOnce))]));
        assert_eq!(raised(&wanted), rooms([]));
        wanted.set(ROOM, None);
        assert!(!wanted.contains(ROOM));
        assert_eq!(wanted.take_lowered(), rooms([(1, None)]));
        assert_eq!(wanted.take_lowered(), rooms([]));
        assert_eq!(all(&wanted), rooms([]));
    }

    #[test]
    fn room_that_comes_back_is_not_announced() {
        let wanted = announced();
        wanted.set(ROOM, Some(AtOnce));
        wanted.set(ROOM, None);
        wanted.set(ROOM, Some(AtOnce));
        assert_eq!(raised(&wanted), rooms([(1, Some(AtOnce))]));
        for left in [Some(Soon), None] {
            wanted.set(ROOM, left);
            // A newcomer must know it: nothing else will be announced.
            assert_eq!(all(&wanted), rooms([(1, Some(AtOnce))]));
            assert!(!wanted.set(ROOM, Some(AtOnce)));
        }
        assert!(wanted.contains(ROOM));
        assert_eq!(raised(&wanted), rooms([]));
        assert_eq!(wanted.take_lowered(), rooms([]));
    }

    #[test]
    fn room_is_announced_again_when_more_urgent() {
        let wanted = announced();
        assert!(wanted.set(ROOM, Some(Soon)));
        assert_eq!(raised(&wanted), rooms([(1, Some(Soon))]));
        assert!(wanted.set(ROOM, Some(AtOnce)));
        assert_eq!(raised(&wanted), rooms([(1, Some(AtOnce))]));
        wanted.set(ROOM, None);
        // Others know it as more urgent.
        assert!(!wanted.set(ROOM, Some(Soon)));
        assert_eq!(raised(&wanted), rooms([]));
        assert_eq!(wanted.take_lowered(), rooms([(1, Some(Soon))]));
        assert_eq!(all(&wanted), rooms([(1, Some(Soon))]));
    }

    #[test]
    fn single_process_announces_nothing() {
        let wanted = announced();
        for urgency in [Some(AtOnce), None, Some(AtOnce)] {
            wanted.set(RoomId(3), urgency);
        }
        wanted.announce(false);
        wanted.set(RoomId(3), None);
        assert!(!wanted.set(ROOM, Some(AtOnce)));
        assert!(!wanted.set(RoomId(2), Some(Soon)));
        wanted.set(RoomId(2), None);
        assert_eq!(raised(&wanted), rooms([]));
        assert_eq!(wanted.take_lowered(), rooms([]));
        assert_eq!(all(&wanted), rooms([(1, Some(AtOnce))]));
    }
}
