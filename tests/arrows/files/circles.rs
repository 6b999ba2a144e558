//! Circles in a graph of files.

use std::collections::{BTreeMap, BTreeSet};

type Graph = BTreeMap<String, BTreeSet<String>>;

/// Each pair of files, in the order of their names, of which one uses the other and is
/// used by it, directly or through further files.
pub(crate) fn closing_pairs(uses: &Graph) -> BTreeSet<(String, String)> {
    let reached: BTreeMap<_, _> = uses.keys().map(|file| (file, reach(uses, file))).collect();
    let mut pairs = BTreeSet::new();
    for (file, used) in uses {
        for other in used {
            if file != other && reached.get(other).is_some_and(|back| back.contains(file)) {
                let (one, other) = (file.min(other), file.max(other));
                pairs.insert((one.clone(), other.clone()));
            }
        }
    }
    pairs
}

/// Everything that a file uses, directly or through further files.
fn reach(uses: &Graph, file: &String) -> BTreeSet<String> {
    let mut reached = BTreeSet::new();
    let mut todo = vec![file];
    while let Some(file) = todo.pop() {
        for used in uses.get(file).into_iter().flatten() {
            if reached.insert(used.clone()) {
                todo.push(used);
            }
        }
    }
    reached
}
