//! Which other processes have said something lately: invariant 3.

use std::{
    collections::{HashMap, HashSet},
    mem,
    sync::Arc,
    time::Duration,
};

use aftermatch_ports::model::BrandId;
use aftermatch_relay::{OnlineElsewhere, SignalQueue};
use parking_lot::Mutex;
use tokio::time::Instant;

/// How long a silent process counts as there.
const SILENCE: Duration = Duration::from_secs(20);

pub(crate) struct Processes(Mutex<State>);

struct State {
    /// Whether this process wants to know which brands are online elsewhere. Under the same lock
    /// as what it knows: what comes late is not taken for what is so now.
    watches: bool,
    processes: HashMap<u64, Process>,
    elsewhere: OnlineElsewhere,
}

struct Process {
    last: Instant,
    /// Whether it wants to know which brands are online here.
    watches: bool,
    online: HashSet<BrandId>,
}

impl Processes {
    pub(crate) fn new(signals: Arc<SignalQueue>) -> Self {
        Self(Mutex::new(State {
            watches: false,
            processes: HashMap::new(),
            elsewhere: OnlineElsewhere::new(signals),
        }))
    }

    /// It has said something.
    pub(crate) fn spoke(&self, process: u64) {
        self.0.lock().process(process).last = Instant::now();
    }

    /// Returns whether it did not watch before.
    pub(crate) fn watches(&self, process: u64, watches: bool) -> bool {
        let mut state = self.0.lock();
        let before = &mut state.process(process).watches;
        let is_new = watches && !*before;
        *before = watches;
        is_new
    }

    /// Whether anybody wants to know which brands are online here.
    pub(crate) fn is_watched(&self) -> bool {
        self.0
            .lock()
            .processes
            .values()
            .any(|process| process.watches)
    }

    pub(crate) fn online(&self, process: u64, brands: Vec<BrandId>, is_online: bool) {
        let mut state = self.0.lock();
        if !state.watches {
            return;
        }
        for brand in brands {
            let online = &mut state.process(process).online;
            if is_online && online.insert(brand) {
                state.elsewhere.came(brand);
            } else if !is_online && online.remove(&brand) {
                state.elsewhere.went(brand);
            }
        }
    }

    /// Forgets those that have been silent for too long.
    pub(crate) fn forget_silent(&self) {
        let mut state = self.0.lock();
        let gone = state
            .processes
            .extract_if(|_, process| process.last.elapsed() >= SILENCE);
        let gone: Vec<_> = gone.flat_map(|(_, process)| process.online).collect();
        for brand in gone {
            state.elsewhere.went(brand);
        }
    }

    /// What one has said is out of date, and it does not know who watches.
    pub(crate) fn forget(&self, process: u64) {
        self.forget_online(process);
        self.0.lock().processes.remove(&process);
    }

    /// All brands that are online there follow.
    pub(crate) fn forget_online(&self, process: u64) {
        let mut state = self.0.lock();
        for brand in mem::take(&mut state.process(process).online) {
            state.elsewhere.went(brand);
        }
    }

    /// What was said may be out of date, and is said again.
    pub(crate) fn forget_all(&self) {
        let mut state = self.0.lock();
        state.processes.clear();
        state.elsewhere.clear();
    }

    /// Whether it is wanted which brands are online elsewhere. What is known is forgotten if not.
    pub(crate) fn want_online(&self, wanted: bool) {
        let mut state = self.0.lock();
        state.watches = wanted;
        if wanted {
            return;
        }
        state.elsewhere.clear();
        for process in state.processes.values_mut() {
            process.online.clear();
        }
    }
}

impl State {
    fn process(&mut self, process: u64) -> &mut Process {
        self.processes.entry(process).or_insert_with(|| Process {
            last: Instant::now(),
            watches: false,
            online: HashSet::new(),
        })
    }
}

#[cfg(test)]
mod tests {
    use aftermatch_ports::Signal;
    use tokio::time::advance;

    use super::*;

    const BRAND: BrandId = BrandId(1);

    fn presence(is_online: bool) -> Signal {
        Signal::Presence {
            brand: BRAND,
            is_online,
        }
    }

    #[tokio::test(start_paused = true)]
    async fn brands_of_silent_process_are_forgotten() {
        let signals = Arc::<SignalQueue>::default();
        let processes = Processes::new(signals.clone());
        processes.want_online(true);
        processes.online(7, vec![BRAND], true);
        processes.online(8, vec![BRAND], true);
        assert_eq!(signals.take(), [presence(true)]);
        for _ in 0..3 {
            advance(SILENCE / 2).await;
            processes.spoke(8);
            processes.forget_silent();
        }
        assert_eq!(signals.take(), [], "it is still at the other one");
        advance(SILENCE).await;
        processes.forget_silent();
        assert_eq!(signals.take(), [presence(false)]);
    }

    #[tokio::test]
    async fn brand_that_is_told_late_is_not_online() {
        let signals = Arc::<SignalQueue>::default();
        let processes = Processes::new(signals.clone());
        processes.want_online(true);
        processes.online(7, vec![BRAND], true);
        assert_eq!(signals.take(), [presence(true)]);
        processes.want_online(false);
        assert_eq!(signals.take(), [presence(false)]);
        // Nobody will say that it has gone.
        processes.online(7, vec![BRAND], true);
        processes.want_online(true);
        assert_eq!(signals.take(), []);
        processes.online(7, vec![BRAND], true);
        assert_eq!(signals.take(), [presence(true)]);
    }

    #[tokio::test]
    async fn what_a_process_says_of_brands_is_replaced() {
        let signals = Arc::<SignalQueue>::default();
        let processes = Processes::new(signals.clone());
        processes.want_online(true);
        processes.online(7, vec![BRAND], true);
        processes.watches(7, true);
        assert_eq!(signals.take(), [presence(true)]);
        processes.forget_online(7);
        assert_eq!(signals.take(), [presence(false)]);
        assert!(!processes.watches(7, true), "it still watches");
        processes.online(7, vec![BRAND], true);
        assert_eq!(signals.take(), [presence(true)]);
        processes.forget(7);
        assert_eq!(signals.take(), [presence(false)]);
        assert!(processes.watches(7, true), "it is to receive all again");
    }

    #[tokio::test]
    async fn watching_begins_once() {
        let processes = Processes::new(Arc::default());
        assert!(!processes.is_watched());
        assert!(processes.watches(7, true));
        assert!(!processes.watches(7, true));
        assert!(processes.is_watched());
        processes.forget_all();
        assert!(!processes.is_watched());
        assert!(processes.watches(7, true), "it is to receive all again");
    }
}
