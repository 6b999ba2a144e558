//! Which event was read when, by its author and by each hearer.
//!
//! Events are identified by room and number, not by the id of their request: it may
//! be missing in frames from another process.

use std::{collections::BTreeMap, ops::Range};

use crate::member::Member;

/// An event that comes later than this counts as missing, in nanoseconds.
pub(crate) const MISSING_AFTER: u64 = 5_000_000_000;

#[derive(Default)]
pub(crate) struct Journal {
    /// When the author read its response, by room and number of the event.
    answers: BTreeMap<(u64, u64), u64>,
    /// By the number of the connection.
    hearers: BTreeMap<u64, Hearer>,
}

struct Hearer {
    room: u64,
    /// The number of the last event before it joined.
    last_seq: u64,
    /// When it read each event, by number.
    heard: BTreeMap<u64, u64>,
}

/// How long after their authors the hearers have read the events.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Delays {
    /// In nanoseconds; 0 if the hearer was first.
    pub(crate) nanos: Vec<u64>,
    /// Events that a hearer has not received, each counted for each hearer.
    pub(crate) missing: u64,
}

impl Journal {
    pub(crate) fn joined(&mut self, member: &Member, last_seq: u64) {
        if !member.author {
            let hearer = Hearer {
                room: member.room,
                last_seq,
                heard: BTreeMap::new(),
            };
            self.hearers.insert(member.number, hearer);
        }
    }

    /// `own`: it is the response to the member's request.
    pub(crate) fn received(&mut self, member: &Member, own: bool, seq: u64, now: u64) {
        if own {
            self.answers.insert((member.room, seq), now);
        } else if let Some(hearer) = self.hearers.get_mut(&member.number) {
            hearer.heard.entry(seq).or_insert(now);
        }
    }

    /// The delays of the events whose authors got their response in `answered`.
    pub(crate) fn delays(&self, answered: &Range<u64>) -> Delays {
        let mut delays = Delays {
            nanos: Vec::new(),
            missing: 0,
        };
        for hearer in self.hearers.values() {
            let events = (hearer.room, hearer.last_seq + 1)..(hearer.room + 1, 0);
            let events = self.answers.range(events);
            for ((_, seq), at) in events.filter(|(_, at)| answered.contains(at)) {
                let heard = hearer.heard.get(seq).map(|heard| heard.saturating_sub(*at));
                match heard.filter(|delay| *delay <= MISSING_AFTER) {
                    Some(delay) => delays.nanos.push(delay),
                    None => delays.missing += 1,
                }
            }
        }
        delays
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn member(number: u64, room: u64) -> Member {
        Member {
            number,
            process: 0,
            room,
            user: 1,
            author: number == 0,
            compressed: false,
            stalled: false,
        }
    }

    /// An author and two hearers, who joined after the events 1 and 2.
    fn journal() -> Journal {
        let mut journal = Journal::default();
        journal.joined(&member(0, 1), 0);
        journal.joined(&member(1, 1), 1);
        journal.joined(&member(2, 1), 2);
        for seq in 1..=4 {
            journal.received(&member(0, 1), true, seq, seq * 100);
        }
        journal
    }

    #[test]
    fn delay_is_from_response_to_receipt() {
        let mut journal = journal();
        for (hearer, seq, now) in [(1, 2, 230), (1, 3, 290), (2, 3, 301), (1, 4, 400)] {
            journal.received(&member(hearer, 1), false, seq, now);
        }
        let expected = Delays {
            nanos: vec![30, 0, 0, 1],
            missing: 1,
        };
        assert_eq!(journal.delays(&(0..1000)), expected);
    }

    #[test]
    fn only_events_of_the_time_and_the_room_count() {
        let mut journal = journal();
        journal.joined(&member(3, 2), 0);
        assert_eq!(journal.delays(&(0..300)).missing, 1);
        assert_eq!(journal.delays(&(300..1000)).missing, 4);
    }

    #[test]
    fn much_too_late_is_missing() {
        let mut journal = journal();
        for hearer in [1, 2] {
            journal.received(&member(hearer, 1), false, 4, 400 + MISSING_AFTER + 1);
        }
        let delays = journal.delays(&(400..401));
        assert_eq!((delays.nanos.len(), delays.missing), (0, 2));
    }
}
