//! What the connections of one thread share: the clock, the message they write,
//! and what they have counted.

use std::time::Instant;

use crate::{
    envelope::{Create, Stamp},
    histogram::Histogram,
};

/// Time since the tool started, the same on all threads.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Clock {
    start: Instant,
}

impl Clock {
    pub(crate) fn start() -> Self {
        Self {
            start: Instant::now(),
        }
    }

    pub(crate) fn nanos(self) -> u64 {
        u64::try_from(self.start.elapsed().as_nanos()).unwrap_or(u64::MAX)
    }
}

/// What was counted.
#[derive(Default)]
pub(crate) struct Tally {
    /// Messages that their author was answered with 201 for.
    pub(crate) acknowledged: u64,
    /// Frames of messages that arrived, the authors' own included.
    pub(crate) delivered: u64,
    /// Bytes in them.
    pub(crate) bytes: u64,
    /// From sending to the author's own frame.
    pub(crate) own: Histogram,
    /// From sending to somebody else's frame.
    pub(crate) others: Histogram,
    /// Answers that were no 201.
    pub(crate) refused: u64,
    /// Connections that ended before their time.
    pub(crate) lost: u64,
    /// The first of either, in words.
    pub(crate) trouble: Option<String>,
}

impl Tally {
    /// Begins anew, but keeps what went wrong.
    pub(crate) fn restart(&mut self) {
        let Self { refused, lost, .. } = *self;
        let trouble = self.trouble.take();
        *self = Self {
            refused,
            lost,
            trouble,
            ..Self::default()
        };
    }

    pub(crate) fn merge(&mut self, other: Self) {
        self.acknowledged += other.acknowledged;
        self.delivered += other.delivered;
        self.bytes += other.bytes;
        self.own.merge(&other.own);
        self.others.merge(&other.others);
        self.refused += other.refused;
        self.lost += other.lost;
        self.trouble = self.trouble.take().or(other.trouble);
    }
}

/// What the connections of one thread share.
pub(crate) struct Traffic {
    pub(crate) clock: Clock,
    pub(crate) create: Create,
    /// Whether an author who was answered writes again.
    pub(crate) again: bool,
    pub(crate) tally: Tally,
    /// From beginning to connect to the answer to the join.
    pub(crate) opening: Histogram,
}

impl Traffic {
    pub(crate) fn new(clock: Clock, text_bytes: usize) -> Self {
        Self {
            clock,
            create: Create::new(text_bytes),
            again: false,
            tally: Tally::default(),
            opening: Histogram::default(),
        }
    }

    pub(crate) fn joined(&mut self, nanos: u64) {
        self.opening.record(nanos);
    }

    pub(crate) fn delivered(&mut self, stamp: Stamp, own: bool, bytes: usize, now: u64) {
        let age = now.saturating_sub(stamp.sent);
        self.tally.delivered += 1;
        self.tally.bytes += u64::try_from(bytes).unwrap_or_default();
        if own {
            self.tally.acknowledged += 1;
            self.tally.own.record(age);
        } else {
            self.tally.others.record(age);
        }
    }

    pub(crate) fn refused(&mut self, answer: &[u8]) {
        self.tally.refused += 1;
        self.tally
            .trouble
            .get_or_insert_with(|| String::from_utf8_lossy(answer).into_owned());
    }

    pub(crate) fn lost(&mut self, number: u64, why: &str) {
        self.tally.lost += 1;
        self.tally
            .trouble
            .get_or_insert_with(|| format!("connection {number} {why}"));
    }
}
