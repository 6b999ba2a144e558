//! How long after their authors the followers have received the newest state of a room.

use std::collections::BTreeMap;

/// For so long a state waits after the one before it, in nanoseconds.
const REST: u64 = 1_000_000_000;

#[derive(Default)]
pub(super) struct Journal {
    /// When the author read its response, and at which process, by room and number of the
    /// event.
    answers: BTreeMap<(u64, u64), (u64, u64)>,
    /// What each follower has read of each room: the number of the last event, and when.
    states: BTreeMap<(usize, u64), Vec<(u64, u64)>>,
}

/// In nanoseconds; 0 if the follower was first.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Delays {
    pub(super) same_process: Vec<u64>,
    pub(super) elsewhere: Vec<u64>,
    /// Events in a state that had to wait for the rest of the room.
    pub(super) rested: u64,
    pub(super) missing: u64,
}

impl Journal {
    pub(super) fn answered(&mut self, room: u64, seq: u64, process: u64, now: u64) {
        self.answers.insert((room, seq), (now, process));
    }

    pub(super) fn state(&mut self, follower: usize, room: u64, last_seq: u64, now: u64) {
        let states = self.states.entry((follower, room)).or_default();
        states.push((last_seq, now));
    }

    /// The delays at `follower`, which is at `process` and has these rooms, are added.
    pub(super) fn delays(&self, follower: usize, process: u64, rooms: &[u64], to: &mut Delays) {
        for &room in rooms {
            let states = self.states.get(&(follower, room));
            let states = states.map(Vec::as_slice).unwrap_or_default();
            for (&(_, seq), &(answered, author)) in self.answers.range((room, 0)..(room + 1, 0)) {
                let Some(at) = states.iter().position(|(last_seq, _)| *last_seq >= seq) else {
                    to.missing += 1;
                    continue;
                };
                let before = at.checked_sub(1).and_then(|before| states.get(before));
                let Some((_, received)) = states.get(at) else {
                    continue;
                };
                let delay = received.saturating_sub(answered);
                if before.is_some_and(|(_, before)| before + REST > answered) {
                    to.rested += 1;
                } else if author == process {
                    to.same_process.push(delay);
                } else {
                    to.elsewhere.push(delay);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delay_is_that_of_first_state_with_event() {
        let mut journal = Journal::default();
        journal.answered(1, 1, 0, 100);
        journal.answered(1, 2, 1, REST);
        journal.answered(1, 3, 1, 3 * REST);
        journal.answered(1, 4, 1, 4 * REST);
        journal.answered(2, 1, 1, 5);
        journal.state(7, 1, 1, 130);
        journal.state(7, 1, 2, REST + 200);
        journal.state(7, 1, 3, 3 * REST + 40);
        let mut delays = Delays::default();
        journal.delays(7, 0, &[1], &mut delays);
        let expected = Delays {
            same_process: vec![30],
            elsewhere: vec![40],
            rested: 1,
            missing: 1,
        };
        assert_eq!(delays, expected);
    }
}
