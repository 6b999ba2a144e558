use std::{hash::Hash, sync::Arc};

use quick_cache::sync;

/// The number of entries, approximately: the least useful go first.
const CAPACITY: usize = 50_000;

/// Rows as the database returned them last. They may be out of date: good enough
/// to authorize a write, whose precondition is checked by the database.
///
/// A read that began before a change can end after it, and so be put here after
/// the entry was forgotten. The precondition refuses a write that was authorized
/// by such an entry, and the conflict forgets the entry again.
pub(crate) struct Cache<K, V>(sync::Cache<K, Arc<V>>);

impl<K: Eq + Hash, V> Cache<K, V> {
    pub(crate) fn new() -> Self {
        Self(sync::Cache::new(CAPACITY))
    }

    pub(crate) fn get(&self, key: &K) -> Option<Arc<V>> {
        self.0.get(key)
    }

    /// Stores what the database returned. `None`: there is no such row.
    pub(crate) fn put(&self, key: K, value: Option<&Arc<V>>) {
        match value {
            Some(value) => self.0.insert(key, value.clone()),
            None => self.forget(&key),
        }
    }

    pub(crate) fn forget(&self, key: &K) {
        self.0.remove(key);
    }

    pub(crate) fn forget_all(&self) {
        self.0.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cache_of(entries: usize) -> Cache<usize, usize> {
        let cache = Cache::new();
        for key in 0..entries {
            cache.put(key, Some(&Arc::new(key)));
        }
        cache
    }

    fn count(cache: &Cache<usize, usize>, keys: std::ops::Range<usize>) -> usize {
        keys.filter(|key| cache.get(key).is_some()).count()
    }

    #[test]
    fn cache_one_beyond_capacity_keeps_entries() {
        let cache = cache_of(CAPACITY + 1);
        // The shards fill up unevenly: a few entries go early.
        let cached = count(&cache, 0..CAPACITY + 1);
        assert!(cached > CAPACITY * 9 / 10, "{cached}");
    }

    #[test]
    fn cache_far_beyond_capacity_stays_bounded() {
        let cache = cache_of(3 * CAPACITY);
        let cached = count(&cache, 0..3 * CAPACITY);
        assert!(
            (CAPACITY * 9 / 10..CAPACITY * 11 / 10).contains(&cached),
            "{cached}"
        );
    }

    #[test]
    fn cache_forgotten_or_absent_entry_is_gone() {
        let cache = cache_of(3);
        cache.forget(&0);
        cache.put(1, None);
        let cached = [0, 1, 2].map(|key| cache.get(&key).map(|value| *value));
        assert_eq!(cached, [None, None, Some(2)]);
    }

    #[test]
    fn cache_entry_put_again_is_replaced() {
        let cache = cache_of(1);
        cache.put(0, Some(&Arc::new(7)));
        assert_eq!(cache.get(&0).as_deref(), Some(&7));
    }
}
