//! How fast users may write. Counted for each room, over all connections of a user: so
//! one who floods a room is limited as a person, not as a connection.

use std::time::Duration;

use aftermatch_ports::model::{RoomId, UserId};
use parking_lot::Mutex;
use tokio::time::Instant;

use super::{
    rate_limit::{Bucket, Rate},
    used::Used,
};

/// How fast each user may write in a room.
pub(crate) struct WriteLimiter {
    rate: Option<Rate>,
    used: Mutex<Used<(UserId, RoomId), Bucket>>,
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
        let bucket = used.entry((user, room), now);
        bucket.or_insert_with(|| Bucket::new(now)).admit(rate, now)
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
    fn no_limit_admits_everything() {
        let now = Instant::now();
        let limiter = WriteLimiter::new(None);
        assert!((0..10_000).all(|_| limiter.admit(UserId(1), RoomId(1), now).is_ok()));
    }
}
