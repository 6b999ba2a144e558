//! What other processes want: invariant 12.

use aftermatch_ports::{
    Urgency,
    model::{RoomId, UserId},
};

use super::{Other, Others, To};

impl Others {
    /// Another process wants this room. Returns whether it is more urgent than before.
    pub(in crate::relay) fn wants(&self, other: u32, room: RoomId, urgency: Urgency) -> bool {
        let before = self.change(other, |other| other.wants.insert(room, urgency));
        before.is_some_and(|before| before < Some(urgency))
    }

    /// Whether another process wants every room, soon.
    pub(in crate::relay) fn wants_all(&self, other: u32, wanted: bool) {
        self.change(other, |other| other.wants_all = wanted);
    }

    /// Another process no longer wants this room.
    pub(in crate::relay) fn wants_no_longer(&self, other: u32, room: RoomId) {
        self.change(other, |other| other.wants.remove(&room));
    }

    /// Another process wants to know how far this user reads.
    /// Returns whether that is new.
    pub(in crate::relay) fn wants_reads(&self, other: u32, user: UserId) -> bool {
        let new = self.change(other, |other| other.wants_reads.insert(user));
        new.unwrap_or_default()
    }

    /// Another process no longer wants to know that.
    pub(in crate::relay) fn wants_reads_no_longer(&self, other: u32, user: UserId) {
        self.change(other, |other| other.wants_reads.remove(&user));
    }

    /// Who receives how far the user reads.
    pub(in crate::relay) fn recipients_of_reads(&self, user: UserId) -> Vec<To> {
        let others = &self.state.lock().others;
        let wanting = others
            .iter()
            .filter(|(_, other)| other.wants_reads.contains(&user));
        wanting.map(|(other, _)| To::One(*other)).collect()
    }

    /// Another process has said everything that it wants.
    pub(in crate::relay) fn listed(&self, other: u32) {
        self.change(other, |other| other.listed = true);
    }

    /// How soon this room is wanted: as soon as by anybody. `None`: by nobody.
    pub(in crate::relay) fn urgency(&self, room: RoomId) -> Option<Urgency> {
        let others = &self.state.lock().others;
        others.values().map(|other| other.urgency(room)).max()?
    }

    /// Who receives the events of this room, however soon. Up to two thirds of the others receive
    /// them each on its own channel: writing a copy costs less than waking a process
    /// that does not want it.
    pub(in crate::relay) fn recipients(&self, room: RoomId) -> Vec<To> {
        let others = &self.state.lock().others;
        if others.values().any(|other| !other.listed) {
            return vec![To::All];
        }
        let wanting = others
            .iter()
            .filter(|(_, other)| other.urgency(room).is_some());
        let to: Vec<_> = wanting.map(|(other, _)| To::One(*other)).collect();
        if 3 * to.len() > 2 * others.len() {
            return vec![To::All];
        }
        to
    }
}

impl Other {
    /// Invariant 12.
    fn urgency(&self, room: RoomId) -> Option<Urgency> {
        if !self.listed {
            return Some(Urgency::AtOnce);
        }
        let as_any = self.wants_all.then_some(Urgency::Soon);
        self.wants.get(&room).copied().max(as_any)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::{Urgency::*, *};

    #[test]
    fn events_go_to_those_who_want_them() {
        let (others, room) = (Others::default(), RoomId(1));
        others.connected(HashSet::from([2, 3, 4]));
        assert!(others.wants(3, room, AtOnce));
        for other in [2, 3, 4] {
            // Before, it may be an older program.
            assert_eq!(others.recipients(room), [To::All]);
            others.listed(other);
        }
        assert_eq!(others.recipients(room), [To::One(3)]);
        assert_eq!(others.recipients(RoomId(2)), []);
        assert!(!others.wants(3, room, AtOnce));
        assert!(!others.wants(7, room, AtOnce), "it is not there");
        assert!(others.wants(4, room, AtOnce));
        assert_eq!(others.recipients(room).len(), 2);
        assert!(others.wants(2, room, AtOnce));
        assert_eq!(others.recipients(room), [To::All], "it is one copy for all");
        others.came(2);
        others.wants_no_longer(3, room);
        others.wants_no_longer(4, room);
        assert_eq!(others.recipients(room), [To::All]);
        others.listed(2);
        assert_eq!(others.recipients(room), []);
    }
    #[test]
    fn room_is_as_urgent_as_anybody_wants_it() {
        let (others, room) = (Others::default(), RoomId(1));
        assert_eq!(others.urgency(room), None, "nobody is there");
        others.connected(HashSet::from([2, 3]));
        assert_eq!(others.urgency(room), Some(AtOnce), "they have said nothing");
        others.listed(2);
        others.listed(3);
        assert_eq!(others.urgency(room), None);
        others.wants_all(2, true);
        assert_eq!(others.urgency(room), Some(Soon));
        assert!(others.wants(3, room, Soon));
        assert!(others.wants(3, room, AtOnce), "it is more urgent");
        assert_eq!(others.urgency(room), Some(AtOnce));
        assert!(!others.wants(3, room, Soon));
        assert_eq!(others.urgency(room), Some(Soon));
        others.wants_all(2, false);
        assert_eq!(others.recipients(room), [To::One(3)]);
        others.wants_no_longer(3, room);
        assert_eq!(others.urgency(room), None);
    }
}
