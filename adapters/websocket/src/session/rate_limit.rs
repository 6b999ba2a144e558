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
    pub(super) fn is_full(&self, now: Instant) -> bool {
        self.busy_until <= now
    }

    /// Like [`Bucket::admit`], but what is not admitted counts too. Of that, only
    /// another burst is remembered.
    pub(super) fn charge(&mut self, rate: Rate, now: Instant) -> Result<(), Duration> {
        let burst = Duration::from_secs(BURST.into());
        let admitted = self.admit(rate, now);
        if admitted.is_err() {
            self.busy_until = (self.busy_until + rate.interval).min(now + 2 * burst);
        }
        admitted
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
    fn what_is_charged_counts_although_it_is_refused() {
        let begin = Instant::now();
        let (rate, mut bucket) = (Rate::new(1), Bucket::new(begin));
        for _ in 0..100 {
            let _ = bucket.charge(rate, begin);
        }
        let after = |seconds| begin + Duration::from_secs(seconds);
        assert_eq!(bucket.admit(rate, after(4)), Err(Duration::from_secs(1)));
        assert_eq!(bucket.admit(rate, after(5)), Ok(()));
    }
}
