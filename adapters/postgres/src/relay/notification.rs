use std::{
    collections::{BTreeMap, HashSet},
    fmt::Display,
    mem,
};

use aftermatch_ports::{RemoteEvent, Signal, model::RoomId};
use aftermatch_relay::lines;

/// Postgres refuses a payload of 8,000 bytes.
pub(super) const MAX_PAYLOAD_BYTES: usize = 7_999;

/// Which processes a notification is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum To {
    All,
    /// The one with this listening connection.
    One(u32),
}

#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Notification {
    pub(super) to: To,
    pub(crate) payload: String,
}

/// Packs lines into as few notifications as possible. Those for the same processes
/// stay in order.
#[derive(Default)]
pub(crate) struct Packer {
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

    /// All that this process wants.
    pub(super) fn list(&mut self, to: To, all: &HashSet<RoomId>, everything: bool) {
        if everything {
            self.add(to, &lines::all(true));
        }
        self.ids(to, lines::WANT, all);
        self.add(to, lines::LISTED);
    }

    /// Rooms that this process wants, or no longer wants; brands that are online, or no longer.
    pub(super) fn ids<K: Display>(&mut self, to: To, verb: &str, ids: &HashSet<K>) {
        for line in lines::ids(verb, ids) {
            self.add(to, &line);
        }
    }

    pub(crate) fn event(&mut self, to: &[To], event: &RemoteEvent) {
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

    pub(crate) fn finish(self) -> Vec<Notification> {
        let open = self.open.into_iter();
        let open = open.map(|(to, payload)| Notification { to, payload });
        self.full.into_iter().chain(open).collect()
    }
}

#[cfg(test)]
mod tests;
