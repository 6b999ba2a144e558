use std::{collections::HashMap, hash::Hash, sync::Arc};

use parking_lot::RwLock;

/// So many things are remembered at most. When there are more, all are
/// forgotten: what is in use comes back with its next use.
const MAX: usize = 50_000;

/// What the database said last. Good for a verdict that a guard holds up.
pub(crate) struct Cache<K, V>(RwLock<HashMap<K, Arc<V>>>);

impl<K: Eq + Hash, V> Cache<K, V> {
    pub(crate) fn new() -> Self {
        Self(RwLock::default())
    }

    pub(crate) fn get(&self, key: &K) -> Option<Arc<V>> {
        self.0.read().get(key).cloned()
    }

    /// Remembers what the database just said: `None` is that there is no such
    /// thing.
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
