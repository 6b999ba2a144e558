use std::time::Duration;

use tokio::time::Instant;

/// Limits how many requests a connection may make in a second. After a second of
/// silence that many may come at once.
pub(super) struct RateLimiter {
    /// The time that each request takes up; `None` without a limit.
    interval: Option<Duration>,
    /// When the time of all requests so far has passed.
    busy_until: Instant,
}

impl RateLimiter {
    pub(super) fn new(per_second: Option<u32>, now: Instant) -> Self {
        Self {
            interval: per_second.map(|requests| Duration::from_secs(1) / requests.max(1)),
            busy_until: now,
        }
    }

    /// Admits a request, or returns how long the client has to wait.
    pub(super) fn admit(&mut self, now: Instant) -> Result<(), Duration> {
        let Some(interval) = self.interval else {
            return Ok(());
        };
        let busy_until = self.busy_until.max(now) + interval;
        match busy_until
            .duration_since(now)
            .checked_sub(Duration::from_secs(1))
        {
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
    fn burst_of_one_second_then_steady_rate() {
        let begin = Instant::now();
        let after = |millis| begin + Duration::from_millis(millis);
        let mut limiter = RateLimiter::new(Some(4), begin);
        for _ in 0..4 {
            assert_eq!(limiter.admit(begin), Ok(()));
        }
        assert_eq!(limiter.admit(begin), Err(Duration::from_millis(250)));
        assert_eq!(limiter.admit(after(100)), Err(Duration::from_millis(150)));
        assert_eq!(limiter.admit(after(250)), Ok(()));
        assert_eq!(limiter.admit(after(250)), Err(Duration::from_millis(250)));
        for _ in 0..4 {
            assert_eq!(limiter.admit(after(9_000)), Ok(()));
        }
        assert!(
            limiter.admit(after(9_000)).is_err(),
            "silence counts for one second only"
        );
    }

    #[test]
    fn no_limit_admits_everything() {
        let begin = Instant::now();
        let mut limiter = RateLimiter::new(None, begin);
        assert!((0..100_000).all(|_| limiter.admit(begin).is_ok()));
    }
}
