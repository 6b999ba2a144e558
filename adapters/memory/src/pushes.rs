//! What is still to be pushed to the platform. It is forgotten with the process, like
//! everything here.

use std::{
    collections::{BTreeMap, HashSet},
    time::Duration,
};

use aftermatch_ports::{
    Backlog, DuePush, PushLimits, PushPage, Settled,
    model::{Candidate, Epoch, LogHead, RoomId, Seq, Timestamp},
};

use crate::{state::State, time};

/// How far rooms have come.
#[derive(Default)]
pub(crate) struct Pending {
    /// What was written before is not pushed. `None`: nobody has asked yet.
    began: Option<Timestamp>,
    rooms: BTreeMap<RoomId, Position>,
    dead_letters: HashSet<(RoomId, Epoch, Seq)>,
}

struct Position {
    epoch: Epoch,
    /// Nothing is left to do up to this event.
    seq: Seq,
    /// The last event that was found.
    last_seq: Seq,
    /// It is due so long after this moment.
    since: Timestamp,
    pause: Duration,
    failures: u32,
}

impl Position {
    fn waits(&self) -> bool {
        self.seq < self.last_seq
    }

    fn is_due(&self, now: Timestamp) -> bool {
        let waited = now.since(self.since);
        self.waits() && waited.is_some_and(|waited| waited >= self.pause)
    }

    fn move_to(&mut self, seq: Seq, now: Timestamp) {
        *self = Self {
            seq,
            since: now,
            pause: Duration::ZERO,
            failures: 0,
            ..*self
        };
    }
}

impl Pending {
    pub(crate) fn find(&mut self, state: &State, now: Timestamp, limits: PushLimits) -> Backlog {
        let is_first = self.began.is_none();
        let began = *self.began.get_or_insert(now);
        let earliest = time::before(now, limits.max_age).map_or(began, |at| at.max(began));
        for (room, log) in state.logs() {
            let log = log.lock();
            let LogHead { epoch, last_seq } = log.head();
            let known = self.rooms.get(&room).filter(|known| known.epoch == epoch);
            let found = known.map_or(Seq::ZERO, |known| known.last_seq);
            if known.is_some() && found == last_seq {
                continue;
            }
            if let Some(known) = self.rooms.get_mut(&room)
                && known.epoch == epoch
                && known.waits()
            {
                known.last_seq = last_seq;
                continue;
            }
            // Everything up to the last message that is too old is left out.
            let old = log.last_before(found, earliest).unwrap_or(found);
            let position = Position {
                epoch,
                seq: if is_first { last_seq } else { old },
                last_seq,
                since: now,
                pause: limits.delay,
                failures: 0,
            };
            self.rooms.insert(room, position);
        }
        self.rooms.retain(|room, _| state.log(*room).is_some());
        self.backlog(now)
    }

    fn backlog(&self, now: Timestamp) -> Backlog {
        let waiting = || self.rooms.values().filter(|position| position.waits());
        let oldest = waiting().filter_map(|position| now.since(position.since));
        Backlog {
            rooms: waiting().count() as u64,
            oldest: oldest.max().unwrap_or_default(),
            dead_letters: self.dead_letters.len() as u64,
            has_more: false,
        }
    }

    pub(crate) fn due(&self, now: Timestamp, limit: usize) -> Vec<DuePush> {
        let due = self
            .rooms
            .iter()
            .filter(|(_, position)| position.is_due(now));
        let mut due: Vec<_> = due.collect();
        due.sort_by_key(|(_, position)| position.since);
        let due = due.into_iter().take(limit);
        due.map(|(room, position)| DuePush {
            room: *room,
            epoch: position.epoch,
            after: position.seq,
            upto: position.last_seq,
            failures: position.failures,
            is_dead_letter: false,
        })
        .collect()
    }

    pub(crate) fn settle(&mut self, due: DuePush, settled: &Settled, now: Timestamp) {
        let position = self.rooms.get_mut(&due.room);
        let Some(position) =
            position.filter(|position| position.epoch == due.epoch && position.seq == due.after)
        else {
            return;
        };
        match settled {
            Settled::Done(seq) => position.move_to(*seq, now),
            Settled::Waits(pause) => (position.since, position.pause) = (now, *pause),
            Settled::Failed { again_in, .. } => {
                (position.since, position.pause) = (now, *again_in);
                position.failures += 1;
            }
            Settled::GivenUp { seq, .. } => {
                position.move_to(*seq, now);
                self.dead_letters.insert((due.room, due.epoch, *seq));
            }
        }
    }

    pub(crate) fn hasten(&mut self) {
        for position in self.rooms.values_mut() {
            if position.failures > 0 {
                position.pause = Duration::ZERO;
            }
        }
    }
}

impl State {
    /// The first `limit` messages of a room that are to be pushed.
    pub(crate) fn push_page(&self, due: DuePush, limit: usize, now: Timestamp) -> PushPage {
        let (Some(room), Some(log)) = (self.directory.room(due.room), self.log(due.room)) else {
            return PushPage::default();
        };
        let log = log.lock();
        if log.head().epoch != due.epoch {
            return PushPage::default();
        }
        let messages = log
            .messages_between(&self.directory, due.after, due.upto)
            .take(limit)
            .map(|message| {
                let age = now.since(message.created_at);
                (message, age)
            });
        let candidates = room.participants.iter().filter_map(|brand| {
            let user = self.directory.user(self.directory.owner(brand.id)?)?;
            Some(Candidate {
                user: user.id,
                brand: brand.id,
                is_active: user.active,
                read_seq: log.read_seq(user.id),
            })
        });
        PushPage {
            candidates: candidates.collect(),
            messages: messages.collect(),
        }
    }
}
