//! How fast clients may send. Counted for each connection, and for each user as much as all
//! the connections that one may have: connecting again and again gains only that.

use std::{sync::Arc, time::Duration};

use aftermatch_ports::model::UserId;
use parking_lot::Mutex;
use tokio::time::Instant;

use super::{
    rate_limit::{Bucket, Rate},
    used::Used,
};

/// How many refusals, less what was admitted, close a connection whose requests are not
/// limited.
const MAX_REFUSALS: u32 = 200;

/// How fast clients may send.
pub(crate) struct RequestLimiter {
    rates: Option<Rates>,
    users: Mutex<Used<UserId, Arc<Mutex<Bucket>>>>,
}

#[derive(Clone, Copy)]
struct Rates {
    connection: Rate,
    user: Rate,
}

/// What one connection may still send.
pub(crate) struct Allowance {
    limit: Option<Limit>,
    /// Refused frames, less those that were admitted.
    refusals: u32,
}

struct Limit {
    rates: Rates,
    connection: Bucket,
    user: Arc<Mutex<Bucket>>,
}

impl RequestLimiter {
    /// `connections`: how many one user may have.
    pub(crate) fn new(per_second: Option<u32>, connections: usize) -> Self {
        let connections = u32::try_from(connections).unwrap_or(u32::MAX);
        let rates = per_second.map(|per_second| Rates {
            connection: Rate::new(per_second),
            user: Rate::new(per_second.saturating_mul(connections)),
        });
        Self {
            rates,
            users: Mutex::default(),
        }
    }

    /// What a new connection of `user` may send. `None`: the user has sent too much on
    /// others. A handshake counts for the user as a frame.
    pub(crate) fn connect(&self, user: UserId, now: Instant) -> Option<Allowance> {
        let limit = match self.rates {
            None => None,
            Some(rates) => {
                let mut users = self.users.lock();
                let user = users.entry(user, now);
                let user = user.or_insert_with(|| Arc::new(Mutex::new(Bucket::new(now))));
                user.lock().charge(rates.user, now).ok()?;
                Some(Limit {
                    rates,
                    connection: Bucket::new(now),
                    user: user.clone(),
                })
            }
        };
        Some(Allowance { limit, refusals: 0 })
    }
}

impl Allowance {
    /// Admits a frame of any kind, or returns how long the client has to wait.
    pub(super) fn admit(&mut self, now: Instant) -> Result<(), Duration> {
        let Some(limit) = &mut self.limit else {
            return Ok(());
        };
        // Refused frames count for the user, too: they cost about as much.
        let by_user = limit.user.lock().charge(limit.rates.user, now);
        limit.connection.admit(limit.rates.connection, now)?;
        by_user
    }

    /// Counts a frame. Returns `false` if the client was refused so often that its
    /// connection has to be closed.
    #[must_use]
    pub(super) fn count(&mut self, admitted: bool) -> bool {
        if admitted {
            self.refusals = self.refusals.saturating_sub(1);
            return true;
        }
        self.refusals += 1;
        let burst = |limit: &Limit| limit.rates.connection.burst();
        self.refusals <= self.limit.as_ref().map_or(MAX_REFUSALS, burst)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANN: UserId = UserId(1);

    /// Sends until the connection is closed. Returns how many frames were admitted, and
    /// how many refused.
    fn flood(mut allowance: Allowance, now: Instant) -> (u32, u32) {
        let (mut admitted, mut refused) = (0, 0);
        loop {
            let is_admitted = allowance.admit(now).is_ok();
            let count = if is_admitted {
                &mut admitted
            } else {
                &mut refused
            };
            *count += 1;
            if !allowance.count(is_admitted) {
                return (admitted, refused);
            }
        }
    }

    #[test]
    fn refusals_are_too_many_only_without_pauses() {
        let limiter = RequestLimiter::new(Some(1), 10);
        let now = Instant::now();
        let mut allowance = limiter.connect(ANN, now).expect("the first");
        for _ in 0..100 {
            assert!(allowance.count(false));
            assert!(allowance.count(true));
        }
        assert_eq!(flood(allowance, now), (4, 5));
    }

    #[test]
    fn connecting_anew_gains_no_more_than_connections_at_a_time() {
        let limiter = RequestLimiter::new(Some(1), 10);
        let now = Instant::now();
        let mut admitted = 0;
        while let Some(allowance) = limiter.connect(ANN, now) {
            admitted += flood(allowance, now).0;
        }
        assert!((4..=40).contains(&admitted), "{admitted}");
        assert!(limiter.connect(UserId(2), now).is_some(), "somebody else");

        let after = |seconds| now + Duration::from_secs(seconds);
        let later = limiter.connect(ANN, after(1)).expect("a second later");
        assert_eq!(flood(later, after(1)).0, 4);
        let later = limiter.connect(ANN, after(9)).expect("after a pause");
        assert_eq!(flood(later, after(9)).0, 4);
    }

    #[test]
    fn handshakes_without_end_are_too_many() {
        let limiter = RequestLimiter::new(Some(1), 10);
        let now = Instant::now();
        assert!((0..40).all(|_| limiter.connect(ANN, now).is_some()));
        assert!(limiter.connect(ANN, now).is_none());
    }

    #[test]
    fn without_limit_only_refusals_count() {
        let limiter = RequestLimiter::new(None, 10);
        let now = Instant::now();
        let mut allowance = limiter.connect(ANN, now).expect("no limit");
        for _ in 0..10_000 {
            assert_eq!(allowance.admit(now), Ok(()));
        }
        assert!((0..MAX_REFUSALS).all(|_| allowance.count(false)));
        assert!(!allowance.count(false));
        assert!((0..1_000).all(|_| limiter.connect(ANN, now).is_some()));
    }
}
