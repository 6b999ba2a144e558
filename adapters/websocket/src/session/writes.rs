//! How fast users may write. Counted for each room, over all connections of a user: so
//! one who floods a room is limited as a person, not as a connection.

use std::{collections::HashMap, time::Duration};

use aftermatch_ports::model::{RoomId, UserId};
use parking_lot::Mutex;
use tokio::time::Instant;

use super::rate_limit::{Bucket, Rate};

/// How many users and rooms are remembered before the first time that those who may
/// write a whole burst again are forgotten.
const MIN_SWEEP: usize = 1024;

/// How fast each user may write in a room.
pub(crate) struct WriteLimiter {
    rate: Option<Rate>,
    used: Mutex<Used>,
}

#[derive(Default)]
struct Used {
    buckets: HashMap<(UserId, RoomId), Bucket>,
    sweep_at: usize,
}

impl WriteLimiter {
    pub(crate) fn new(per_second: Option<u32>) -> Self {
        Self {
            rate: per_second.map(Rate::new),
            used: Mutex::default(),
        }
    }

    /// Admits a write, or returns how long the user has to wait.
    pub(crate) fn admit(&self, user: UserId, room: RoomId, now: Instant) -> Result<(), Duration> {
        let Some(rate) = self.rate else {
            return Ok(());
        };
        let mut used = self.used.lock();
        used.sweep(now);
        let bucket = used.buckets.entry((user, room));
        bucket.or_insert_with(|| Bucket::new(now)).admit(rate, now)
    }
}

impl Used {
    fn sweep(&mut self, now: Instant) {
        if self.buckets.len() >= self.sweep_at.max(MIN_SWEEP) {
            self.buckets.retain(|_, bucket| !bucket.is_full(now));
            self.sweep_at = 2 * self.buckets.len();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn user_is_limited_in_one_room_and_nobody_else() {
        let now = Instant::now();
        let limiter = WriteLimiter::new(Some(1));
        let admit = |user, room| limiter.admit(UserId(user), RoomId(room), now).is_ok();
        assert!((0..4).all(|_| admit(1, 1)));
        assert!(!admit(1, 1));
        assert!(admit(1, 2) && admit(2, 1));
    }

    #[test]
    fn who_may_write_a_whole_burst_is_forgotten() {
        let now = Instant::now();
        let limiter = WriteLimiter::new(Some(1));
        for user in 0..10_000 {
            let now = now + Duration::from_millis(10 * user);
            let user = i64::try_from(user).expect("fits");
            assert!(limiter.admit(UserId(user), RoomId(1), now).is_ok());
        }
        assert!(limiter.used.lock().buckets.len() <= MIN_SWEEP);
    }

    #[test]
    fn no_limit_admits_everything_and_remembers_nothing() {
        let now = Instant::now();
        let limiter = WriteLimiter::new(None);
        assert!((0..10_000).all(|_| limiter.admit(UserId(1), RoomId(1), now).is_ok()));
        assert!(limiter.used.lock().buckets.is_empty());
    }
}
