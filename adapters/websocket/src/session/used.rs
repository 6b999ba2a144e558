//! What is remembered of those who used some of a rate.

use std::{
    collections::{HashMap, hash_map},
    hash::Hash,
    sync::Arc,
};

use parking_lot::Mutex;
use tokio::time::Instant;

use super::rate_limit::Bucket;

/// How many are remembered before the first time that those who may send a whole burst
/// again are forgotten.
const MIN_SWEEP: usize = 1024;

/// What is remembered of those who used some of a rate, for as long as it matters.
pub(super) struct Used<K, V> {
    entries: HashMap<K, V>,
    sweep_at: usize,
}

impl<K, V> Default for Used<K, V> {
    fn default() -> Self {
        Self {
            entries: HashMap::new(),
            sweep_at: MIN_SWEEP,
        }
    }
}

/// What is forgotten when it does not matter any more.
pub(super) trait Forgettable {
    /// Whether nothing of the burst is used.
    fn is_full(&self, now: Instant) -> bool;
}

impl<K: Eq + Hash, V: Forgettable> Used<K, V> {
    pub(super) fn entry(&mut self, key: K, now: Instant) -> hash_map::Entry<'_, K, V> {
        if self.entries.len() >= self.sweep_at {
            self.entries.retain(|_, value| !value.is_full(now));
            self.sweep_at = MIN_SWEEP.max(2 * self.entries.len());
        }
        self.entries.entry(key)
    }
}

impl Forgettable for Bucket {
    fn is_full(&self, now: Instant) -> bool {
        Self::is_full(self, now)
    }
}

impl Forgettable for Arc<Mutex<Bucket>> {
    fn is_full(&self, now: Instant) -> bool {
        // Nobody else has it.
        Self::strong_count(self) == 1 && self.lock().is_full(now)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::session::rate_limit::Rate;

    #[test]
    fn who_may_send_a_whole_burst_is_forgotten() {
        let (begin, rate) = (Instant::now(), Rate::new(1));
        let mut used = Used::default();
        for key in 0..10_000 {
            let now = begin + Duration::from_millis(10 * key);
            let bucket = used.entry(key, now).or_insert_with(|| Bucket::new(now));
            assert!(bucket.admit(rate, now).is_ok());
        }
        assert!(used.entries.len() <= MIN_SWEEP);
    }
}
