use std::{
    collections::{HashMap, HashSet},
    mem,
    sync::Arc,
};

use aftermatch_ports::{Signal, model::BrandId};
use parking_lot::Mutex;

use crate::signals::SignalQueue;

/// Which brands have connections here, and whether this process wants to know which have
/// some elsewhere.
#[derive(Default)]
pub struct OnlineHere(Mutex<State>);

#[derive(Default)]
struct State {
    brands: HashSet<BrandId>,
    /// Those that came or went, which is still to be announced.
    changed: HashMap<BrandId, bool>,
    is_wanted: bool,
    /// Whether it is still to be announced whether this process wants to know.
    is_wanted_new: bool,
}

impl OnlineHere {
    /// A brand has come or gone. `is_watched`: whether another process wants to know. Returns
    /// whether there is something to announce.
    pub fn set(&self, brand: BrandId, is_online: bool, is_watched: impl FnOnce() -> bool) -> bool {
        let mut state = self.0.lock();
        if is_online {
            state.brands.insert(brand);
        } else {
            state.brands.remove(&brand);
        }
        // Asked only now: who watches already receives the change, and who begins to watch later
        // is shown all brands, with this one.
        let is_watched = is_watched();
        if is_watched {
            state.changed.insert(brand, is_online);
        }
        is_watched
    }

    /// Sets whether this process wants to know which brands are online elsewhere.
    pub fn want(&self, wanted: bool) {
        let mut state = self.0.lock();
        // Also if it was wanted before, and then not: what was known is forgotten.
        state.is_wanted_new |= state.is_wanted != wanted;
        state.is_wanted = wanted;
    }

    /// That is to be announced again.
    pub fn say_wanted(&self) {
        self.0.lock().is_wanted_new = true;
    }

    /// Whether this process wants to know that.
    pub fn is_wanted(&self) -> bool {
        self.0.lock().is_wanted
    }

    /// Whether this process wants to know, if that is to be announced now.
    pub fn take_wanted(&self) -> Option<bool> {
        let mut state = self.0.lock();
        mem::take(&mut state.is_wanted_new).then_some(state.is_wanted)
    }

    /// All that have connections here.
    pub fn all(&self) -> HashSet<BrandId> {
        self.0.lock().brands.clone()
    }

    /// Those that came and those that went, which is to be announced now.
    pub fn take_changed(&self) -> [HashSet<BrandId>; 2] {
        let changed = mem::take(&mut self.0.lock().changed);
        [true, false].map(|online| {
            let changed = changed
                .iter()
                .filter(|(_, is_online)| **is_online == online);
            changed.map(|(brand, _)| *brand).collect()
        })
    }
}

/// Which brands have connections at other processes, and at how many.
#[derive(Default)]
pub struct OnlineElsewhere {
    brands: HashMap<BrandId, usize>,
    signals: Arc<SignalQueue>,
}

impl OnlineElsewhere {
    /// Knows nothing yet. What becomes known is pushed to `signals`.
    #[must_use]
    pub fn new(signals: Arc<SignalQueue>) -> Self {
        Self {
            brands: HashMap::new(),
            signals,
        }
    }

    /// A brand has a connection at one process more.
    pub fn came(&mut self, brand: BrandId) {
        let processes = self.brands.entry(brand).or_default();
        *processes += 1;
        if *processes == 1 {
            self.push(brand, true);
        }
    }

    /// At one less.
    pub fn went(&mut self, brand: BrandId) {
        if let Some(processes) = self.brands.get_mut(&brand) {
            *processes -= 1;
            if *processes == 0 {
                self.brands.remove(&brand);
                self.push(brand, false);
            }
        }
    }

    /// Nothing is known of any process.
    pub fn clear(&mut self) {
        for brand in mem::take(&mut self.brands).into_keys() {
            self.push(brand, false);
        }
    }

    fn push(&self, brand: BrandId, is_online: bool) {
        self.signals.push(Signal::Presence { brand, is_online });
    }
}
