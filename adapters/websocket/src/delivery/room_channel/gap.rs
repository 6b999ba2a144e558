//! What is missing, and when to look into the log for it.
//!
//! Early events, an anchor and a notice from elsewhere open the gap; it closes when the
//! next event is delivered and nothing is known to follow it. The number that is
//! missing is the next one, so a gap is new whenever something was delivered.

use std::time::Duration;

use aftermatch_ports::model::{Eviction, LogHead};
use tokio::time::Instant;

use super::{After, Position, RoomChannel};

/// How long an event may be missing before the log is read: far above the usual time
/// between a commit and its broadcast.
pub(super) const GRACE: Duration = Duration::from_millis(5);

/// The pause between the first two reads.
const FIRST_PAUSE: Duration = Duration::from_millis(50);

/// The longest pause between two reads.
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// How long an event may be missing before the seats are taken away.
const BEHIND_AFTER: Duration = Duration::from_secs(10);

/// Waiting for what the log says.
pub(super) struct Wait {
    since: Instant,
    next_try: Instant,
    pause: Duration,
}

impl Wait {
    fn from(now: Instant, grace: Duration) -> Self {
        Self {
            since: now,
            next_try: now + grace,
            pause: FIRST_PAUSE,
        }
    }

    /// The time to look.
    fn due(&self) -> Instant {
        self.next_try.min(self.since + BEHIND_AFTER)
    }

    fn is_over(&self, now: Instant) -> bool {
        now >= self.since + BEHIND_AFTER
    }

    /// Whether it is time to read the log; if so, the next time follows after a pause.
    fn try_now(&mut self, now: Instant) -> bool {
        let due = now >= self.next_try;
        if due {
            self.next_try = now + self.pause;
            self.pause = LONGEST_PAUSE.min(2 * self.pause);
        }
        due
    }
}

impl RoomChannel {
    /// Notes whether an event is missing now. `moved`: something was delivered.
    pub(super) fn settle(&mut self, moved: bool, after: &mut After) {
        if self.pending.is_too_much() {
            return self.close(Eviction::Behind, after);
        }
        if !self.is_missing() {
            self.gap = None;
            return;
        }
        let now = Instant::now();
        match &self.gap {
            Some(gap) if !moved && gap.is_over(now) => self.close(Eviction::Behind, after),
            Some(_) if !moved => {}
            _ => {
                self.gap = Some(Wait::from(now, GRACE));
                self.schedule(after);
            }
        }
    }

    /// Whether the log goes on after what was delivered.
    fn is_missing(&self) -> bool {
        let Some(Position { next, .. }) = self.position else {
            return false;
        };
        let expected = self.expected.is_some_and(|head| head.last_seq >= next);
        expected || !self.pending.is_empty()
    }

    /// An event of another log came: the log decides which one is the room's now.
    /// Whether it did is not known here, except that it would end the seats. So it is
    /// read a few times.
    pub(super) fn doubt(&mut self, after: &mut After) {
        let now = Instant::now();
        match &mut self.doubt {
            Some(doubt) => doubt.since = now,
            doubt => *doubt = Some(Wait::from(now, Duration::ZERO)),
        }
        self.schedule(after);
    }

    /// Invariant 7.
    fn schedule(&mut self, after: &mut After) {
        let waits = [&self.gap, &self.doubt].into_iter().flatten();
        let due = waits.map(Wait::due).min();
        let sooner = |due: &Instant| self.deadline.is_none_or(|deadline| *due < deadline);
        if let Some(due) = due.filter(sooner) {
            self.deadline = Some(due);
            after.deadline = Some(due);
        }
    }

    /// The deadline `at` has come: returns what was delivered here, if the log is to be
    /// read from there on.
    pub(in crate::delivery) fn look(&mut self, at: Instant) -> (Option<LogHead>, After) {
        let mut after = After::default();
        // An earlier one took its place.
        if self.deadline != Some(at) {
            return (None, after);
        }
        self.deadline = None;
        let now = Instant::now();
        if self.gap.as_ref().is_some_and(|gap| gap.is_over(now)) {
            self.close(Eviction::Behind, &mut after);
            return (None, after);
        }
        self.doubt = self.doubt.take().filter(|doubt| !doubt.is_over(now));
        let mut overdue = false;
        for wait in [&mut self.gap, &mut self.doubt].into_iter().flatten() {
            overdue |= wait.try_now(now);
        }
        self.schedule(&mut after);
        (self.delivered().filter(|_| overdue), after)
    }
}
