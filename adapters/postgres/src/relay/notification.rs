use std::{
    collections::{BTreeMap, HashSet},
    fmt::Display,
    hash::Hash,
    mem,
};

use aftermatch_ports::{
    RemoteEvent, Signal, Urgency,
    model::{RoomId, UserId},
};
use aftermatch_relay::lines;

use super::wanted::Announcement;

/// Postgres refuses a payload of 8,000 bytes.
pub(super) const MAX_PAYLOAD_BYTES: usize = 7_999;

/// Which processes a notification is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum To {
    All,
    /// The one with this listening connection.
    One(u32),
}

#[derive(Debug, PartialEq, Eq)]
pub(super) struct Notification {
    pub(super) to: To,
    pub(super) payload: String,
}

/// Packs lines into as few notifications as possible. Those for the same processes
/// stay in order.
#[derive(Default)]
pub(super) struct Packer {
    full: Vec<Notification>,
    open: BTreeMap<To, String>,
}

impl Packer {
    pub(super) fn add(&mut self, to: To, line: &str) {
        let payload = self.open.entry(to).or_default();
        if payload.len() + line.len() > MAX_PAYLOAD_BYTES {
            let payload = mem::take(payload);
            self.full.push(Notification { to, payload });
        }
        self.open.entry(to).or_default().push_str(line);
    }

    /// All rooms that this process wants.
    pub(super) fn list(&mut self, to: To, all: &Announcement<RoomId, Urgency>, everything: bool) {
        if everything {
            self.add(to, &lines::all(true));
        }
        self.rooms(to, all);
        self.add(to, lines::LISTED);
    }

    /// How soon this process wants these rooms now.
    pub(super) fn rooms(&mut self, to: To, rooms: &Announcement<RoomId, Urgency>) {
        let at_once = (Some(Urgency::AtOnce), lines::WANT);
        let soon = (Some(Urgency::Soon), lines::WANT_SOON);
        self.changes(to, &[at_once, soon, (None, lines::UNWANT)], rooms);
    }

    /// Whether this process wants the read positions of these users now.
    pub(super) fn users(&mut self, to: To, users: &Announcement<UserId, ()>) {
        let verbs = [(Some(()), lines::WANT_READS), (None, lines::UNWANT_READS)];
        self.changes(to, &verbs, users);
    }

    fn changes<K: Copy + Eq + Hash + Display, V: PartialEq>(
        &mut self,
        to: To,
        verbs: &[(Option<V>, &str)],
        changes: &Announcement<K, V>,
    ) {
        for (wanted, verb) in verbs {
            let these = changes.iter().filter(|(_, now)| *now == wanted);
            self.ids(to, verb, &these.map(|(one, _)| *one).collect());
        }
    }

    /// Lines with all these ids.
    pub(super) fn ids<K: Display>(&mut self, to: To, verb: &str, ids: &HashSet<K>) {
        for line in lines::ids(verb, ids) {
            self.add(to, &line);
        }
    }

    pub(super) fn event(&mut self, to: &[To], event: &RemoteEvent) {
        if let Some(line) = lines::event(event, MAX_PAYLOAD_BYTES) {
            for to in to {
                self.add(*to, &line);
            }
        }
    }

    pub(super) fn signal(&mut self, to: &[To], signal: Signal) {
        if let Some(line) = lines::signal(signal) {
            for to in to {
                self.add(*to, &line);
            }
        }
    }

    pub(super) fn finish(self) -> Vec<Notification> {
        let open = self.open.into_iter();
        let open = open.map(|(to, payload)| Notification { to, payload });
        self.full.into_iter().chain(open).collect()
    }
}

#[cfg(test)]
mod tests;
