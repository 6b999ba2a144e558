//! How fast a client may send.

use std::time::Duration;

use tokio::time::Instant;

/// How many seconds' worth may come at once.
const BURST: u32 = 4;

/// So much a second. After a silence, the amount of [`BURST`] seconds may come at once.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rate {
    /// The time that each takes up.
    interval: Duration,
    per_second: u32,
}

/// What was used of a rate.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bucket {
    /// When the time of all that was admitted has passed.
    busy_until: Instant,
}

impl Rate {
    pub(crate) fn new(per_second: u32) -> Self {
        let per_second = per_second.max(1);
        Self {
            interval: Duration::from_secs(1) / per_second,
            per_second,
        }
    }

    /// How many may come at once.
    pub(crate) fn burst(self) -> u32 {
        self.per_second.saturating_mul(BURST)
    }
}

impl Bucket {
    pub(crate) fn new(now: Instant) -> Self {
        Self { busy_until: now }
    }

    /// Whether nothing of the burst is used.
    pub(crate) fn is_full(&self, now: Instant) -> bool {
        self.busy_until <= now
    }

    /// Admits one more, or returns how long the client has to wait.
    pub(crate) fn admit(&mut self, rate: Rate, now: Instant) -> Result<(), Duration> {
        let busy_until = self.busy_until.max(now) + rate.interval;
        let burst = Duration::from_secs(BURST.into());
        match busy_until.duration_since(now).checked_sub(burst) {
            Some(wait) if !wait.is_zero() => Err(wait),
            _ => {
                self.busy_until = busy_until;
                Ok(())
            }
        }
    }
}

/// Counts refusals of a connection, less what was admitted.
#[derive(Debug)]
pub(super) struct Refusals {
    count: u32,
    max: u32,
}

impl Refusals {
    pub(super) fn new(max: u32) -> Self {
        Self { count: 0, max }
    }

    pub(super) fn admitted(&mut self) {
        self.count = self.count.saturating_sub(1);
    }

    /// Returns `false` if there were too many.
    #[must_use]
    pub(super) fn refused(&mut self) -> bool {
        self.count += 1;
        self.count <= self.max
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn burst_of_four_seconds_then_steady_rate() {
        let begin = Instant::now();
        let after = |millis| begin + Duration::from_millis(millis);
        let (rate, mut bucket) = (Rate::new(4), Bucket::new(begin));
        for _ in 0..rate.burst() {
            assert_eq!(bucket.admit(rate, begin), Ok(()));
        }
        let wait = |millis| Err(Duration::from_millis(millis));
        assert_eq!(bucket.admit(rate, begin), wait(250));
        assert_eq!(bucket.admit(rate, after(100)), wait(150));
        assert_eq!(bucket.admit(rate, after(250)), Ok(()));
        assert_eq!(bucket.admit(rate, after(250)), wait(250));
        assert!(!bucket.is_full(after(4_249)) && bucket.is_full(after(4_250)));
        for _ in 0..rate.burst() {
            assert_eq!(bucket.admit(rate, after(9_000)), Ok(()));
        }
        let next = bucket.admit(rate, after(9_000));
        assert_eq!(next, wait(250), "silence counts for four seconds only");
    }

    #[test]
    fn refusals_are_too_many_only_without_pauses() {
        let mut refusals = Refusals::new(3);
        for _ in 0..100 {
            assert!(refusals.refused());
            refusals.admitted();
        }
        assert!((0..3).all(|_| refusals.refused()));
        assert!(!refusals.refused());
    }
}
