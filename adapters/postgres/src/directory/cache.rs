use std::{collections::HashMap, hash::Hash, sync::Arc};

use parking_lot::RwLock;

/// The most entries. One more empties the cache.
const MAX: usize = 50_000;

/// Rows as the database returned them last. They may be out of date: good enough
/// to authorize a write, whose precondition is checked by the database.
pub(crate) struct Cache<K, V>(RwLock<HashMap<K, Arc<V>>>);

impl<K: Eq + Hash, V> Cache<K, V> {
    pub(crate) fn new() -> Self {
        Self(RwLock::default())
    }

    pub(crate) fn get(&self, key: &K) -> Option<Arc<V>> {
        self.0.read().get(key).cloned()
    }

    /// Stores what the database returned. `None`: there is no such row.
    pub(crate) fn put(&self, key: K, value: Option<&Arc<V>>) {
        let mut entries = self.0.write();
        match value {
            Some(value) => {
                if entries.len() >= MAX {
                    entries.clear();
                }
                entries.insert(key, value.clone());
            }
            None => drop(entries.remove(&key)),
        }
    }

    pub(crate) fn forget(&self, key: &K) {
        self.0.write().remove(key);
    }
}
