use std::time::Duration;

use tokio::time::Instant;

/// How fast a client may ask: so many requests in a second, and as many at once
/// after a second of silence.
pub(super) struct Pace {
    /// How long a client saves for one request; `None` where nobody counts.
    price: Option<Duration>,
    /// When all that was asked for is paid.
    paid: Instant,
}

impl Pace {
    pub(super) fn new(per_second: Option<u32>, now: Instant) -> Self {
        Self {
            price: per_second.map(|requests| Duration::from_secs(1) / requests.max(1)),
            paid: now,
        }
    }

    /// Lets a request pass, or says how long to wait before the next one will.
    pub(super) fn admit(&mut self, now: Instant) -> Result<(), Duration> {
        let Some(price) = self.price else {
            return Ok(());
        };
        let paid = self.paid.max(now) + price;
        match paid.duration_since(now).checked_sub(Duration::from_secs(1)) {
            Some(wait) if !wait.is_zero() => Err(wait),
            _ => {
                self.paid = paid;
                Ok(())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_of_requests_may_come_at_once_and_then_one_at_a_time() {
        let begin = Instant::now();
        let after = |millis| begin + Duration::from_millis(millis);
        let mut pace = Pace::new(Some(4), begin);
        for _ in 0..4 {
            assert_eq!(pace.admit(begin), Ok(()));
        }
        assert_eq!(pace.admit(begin), Err(Duration::from_millis(250)));
        assert_eq!(pace.admit(after(100)), Err(Duration::from_millis(150)));
        assert_eq!(pace.admit(after(250)), Ok(()));
        assert_eq!(pace.admit(after(250)), Err(Duration::from_millis(250)));
        for _ in 0..4 {
            assert_eq!(pace.admit(after(9_000)), Ok(()));
        }
        assert!(
            pace.admit(after(9_000)).is_err(),
            "silence is saved for a second"
        );
    }

    #[test]
    fn without_a_limit_nobody_counts() {
        let begin = Instant::now();
        let mut pace = Pace::new(None, begin);
        assert!((0..100_000).all(|_| pace.admit(begin).is_ok()));
    }
}
