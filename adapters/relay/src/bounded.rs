use std::collections::BTreeMap;

/// The entry of `key`, which is `first` if it is new. `None`: there are `most` others.
pub(crate) fn entry<K: Ord, V>(
    map: &mut BTreeMap<K, V>,
    most: usize,
    key: K,
    first: V,
) -> Option<&mut V> {
    let has_room = map.len() < most || map.contains_key(&key);
    has_room.then(|| map.entry(key).or_insert(first))
}
