//! What the connections of one thread share: the clock, the message they write,
//! and the counts.

use std::time::Instant;

use crate::{
    envelope::{CreateRequest, Stamp},
    journal::Journal,
    server_work::ServerWork,
    times::{Times, times},
};

/// Time since the tool started, the same on all threads.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Stopwatch {
    start: Instant,
}

impl Stopwatch {
    pub(crate) fn start() -> Self {
        Self {
            start: Instant::now(),
        }
    }

    pub(crate) fn nanos(self) -> u64 {
        u64::try_from(self.start.elapsed().as_nanos()).unwrap_or(u64::MAX)
    }
}

/// The counts of one thread, or of all.
pub(crate) struct Tally {
    /// Messages whose author got a response with 201.
    pub(crate) acknowledged: u64,
    /// Frames of messages that arrived, including the authors' own.
    pub(crate) delivered: u64,
    /// Bytes in these frames.
    pub(crate) bytes: u64,
    /// From sending to the author's own frame.
    pub(crate) own: Times,
    /// From sending to another member's frame.
    pub(crate) others: Times,
    /// Responses other than 201.
    pub(crate) refused: u64,
    /// Connections that ended early.
    pub(crate) lost: u64,
    /// The first refusal or lost connection, in words.
    pub(crate) first_problem: Option<String>,
}

impl Tally {
    pub(crate) fn new() -> anyhow::Result<Self> {
        Ok(Self {
            acknowledged: 0,
            delivered: 0,
            bytes: 0,
            own: times()?,
            others: times()?,
            refused: 0,
            lost: 0,
            first_problem: None,
        })
    }

    /// Forgets what was measured, but not the problems.
    pub(crate) fn restart(&mut self) {
        self.acknowledged = 0;
        self.delivered = 0;
        self.bytes = 0;
        self.own.reset();
        self.others.reset();
    }

    pub(crate) fn merge(&mut self, other: Self) -> anyhow::Result<()> {
        self.acknowledged += other.acknowledged;
        self.delivered += other.delivered;
        self.bytes += other.bytes;
        self.own.add(other.own)?;
        self.others.add(other.others)?;
        self.refused += other.refused;
        self.lost += other.lost;
        self.first_problem = self.first_problem.take().or(other.first_problem);
        Ok(())
    }
}

/// What the connections of one thread share.
pub(crate) struct Traffic {
    pub(crate) stopwatch: Stopwatch,
    pub(crate) create: CreateRequest,
    /// Whether an author writes the next message after each response.
    pub(crate) keep_writing: bool,
    pub(crate) tally: Tally,
    /// From the start of a connection to the response to its join.
    pub(crate) opening: Times,
    /// What the server does while messages wait, if that is asked.
    pub(crate) server_work: Option<ServerWork>,
    /// Every event that arrives, for those who ask which event was late or missing.
    pub(crate) journal: Option<Journal>,
}

impl Traffic {
    pub(crate) fn new(stopwatch: Stopwatch, text_bytes: usize) -> anyhow::Result<Self> {
        Ok(Self {
            stopwatch,
            create: CreateRequest::new(text_bytes),
            keep_writing: false,
            tally: Tally::new()?,
            opening: times()?,
            server_work: None,
            journal: None,
        })
    }

    pub(crate) fn joined(&mut self, nanos: u64) {
        self.opening.saturating_record(nanos);
    }

    pub(crate) fn delivered(&mut self, stamp: Stamp, own: bool, bytes: usize, now: u64) {
        let age = now.saturating_sub(stamp.sent);
        if let Some(work) = &mut self.server_work {
            work.delivered(stamp, own);
        }
        self.counted(bytes);
        if own {
            self.tally.acknowledged += 1;
            self.tally.own.saturating_record(age);
        } else {
            self.tally.others.saturating_record(age);
        }
    }

    /// A message arrived whose age is not known.
    pub(crate) fn counted(&mut self, bytes: usize) {
        self.tally.delivered += 1;
        self.tally.bytes += u64::try_from(bytes).unwrap_or_default();
    }

    pub(crate) fn refused(&mut self, response: &[u8]) {
        self.tally.refused += 1;
        self.tally
            .first_problem
            .get_or_insert_with(|| String::from_utf8_lossy(response).into_owned());
    }

    pub(crate) fn lost(&mut self, number: u64, reason: &str) {
        self.tally.lost += 1;
        self.tally
            .first_problem
            .get_or_insert_with(|| format!("connection {number} {reason}"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tally_of(stamps: impl IntoIterator<Item = u64>) -> Tally {
        let mut traffic = Traffic::new(Stopwatch::start(), 1).expect("a traffic");
        for sent in stamps {
            traffic.delivered(Stamp { sent, author: 1 }, false, 10, 1_000_000);
        }
        traffic.tally
    }

    #[test]
    fn merged_tally_has_both_halves() {
        let mut tally = tally_of([999_950; 50]);
        tally.merge(tally_of([999_900; 50])).expect("same bounds");
        assert_eq!((tally.delivered, tally.bytes), (100, 1000));
        assert_eq!(tally.others.len(), 100);
        assert_eq!(tally.others.value_at_quantile(0.5), 50);
        assert_eq!(tally.others.value_at_quantile(0.99), 100);
    }

    #[test]
    fn restarted_tally_keeps_problems_only() {
        let mut traffic = Traffic::new(Stopwatch::start(), 1).expect("a traffic");
        traffic.delivered(Stamp { sent: 0, author: 1 }, true, 10, 5);
        traffic.lost(7, "was closed");
        traffic.tally.restart();
        let tally = traffic.tally;
        assert_eq!(
            (tally.acknowledged, tally.delivered, tally.bytes),
            (0, 0, 0)
        );
        assert!(tally.own.is_empty());
        assert_eq!(tally.lost, 1);
        assert_eq!(
            tally.first_problem.as_deref(),
            Some("connection 7 was closed")
        );
    }
}
