mod wants;

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use aftermatch_ports::{
    Urgency,
    model::{BrandId, RoomId, UserId},
};
use aftermatch_relay::{OnlineElsewhere, SignalQueue};
use parking_lot::Mutex;
use tokio::sync::watch;

use super::notification::To;

/// Which other processes there are, and what they want.
#[derive(Default)]
pub(super) struct Others {
    state: Mutex<State>,
    /// Whether all others have confirmed: invariant 6.
    confirmed: watch::Sender<bool>,
}

impl Others {
    /// What becomes known of brands is pushed to `signals`.
    pub(super) fn new(signals: Arc<SignalQueue>) -> Self {
        Self {
            state: Mutex::new(State {
                elsewhere: OnlineElsewhere::new(signals),
                ..State::default()
            }),
            confirmed: watch::Sender::default(),
        }
    }
}

#[derive(Default)]
struct State {
    /// Whether this process listens.
    connected: bool,
    /// By the server's process of its listening connection.
    others: HashMap<u32, Other>,
    /// Invariant 8.
    uncertain: bool,
    /// Whether this process wants to know which brands are online elsewhere. Under the same lock
    /// as what it knows: what comes late is not taken for what is so now.
    watches: bool,
    /// What is known of their brands. It stays while this process does not listen.
    elsewhere: OnlineElsewhere,
}

/// Another process.
#[derive(Default)]
struct Other {
    /// Whether it has sent something.
    speaks: bool,
    /// Whether it is yet to confirm.
    awaited: bool,
    /// The rooms that it wants, as far as it has said.
    wants: HashMap<RoomId, Urgency>,
    /// Whether it wants every room, soon.
    wants_all: bool,
    /// The users of which it wants read positions, as far as it has said.
    wants_reads: HashSet<UserId>,
    /// Whether it wants no others: invariant 12.
    listed: bool,
    /// Whether it wants to know which brands are online here.
    watches: bool,
    /// The brands that have connections there, as far as it has said.
    online: HashSet<BrandId>,
}

impl Others {
    /// This process has connected, and found these others.
    pub(super) fn connected(&self, others: HashSet<u32>) {
        let awaited = |other| {
            let awaited = Other {
                awaited: true,
                ..Other::default()
            };
            (other, awaited)
        };
        let mut state = self.state.lock();
        state.elsewhere.clear();
        state.connected = true;
        state.others = others.into_iter().map(awaited).collect();
        state.uncertain = true;
        self.look_for_awaited(&state);
    }

    /// The connection is lost.
    pub(super) fn disconnected(&self) {
        let mut state = self.state.lock();
        state.connected = false;
        state.others.clear();
        self.confirmed.send_replace(false);
    }

    /// Another process has sent something.
    pub(super) fn spoke(&self, other: u32) {
        self.change(other, |other| other.speaks = true);
    }

    /// Another process has connected.
    pub(super) fn came(&self, other: u32) {
        let state = &mut *self.state.lock();
        let before = state.others.remove(&other);
        let now = Other {
            speaks: true,
            awaited: before.as_ref().is_some_and(|before| before.awaited),
            ..Other::default()
        };
        state.others.insert(other, now);
        state.forget(before);
        state.uncertain = true;
    }

    /// Another process sends its events to this one.
    pub(super) fn confirmed_by(&self, other: u32) {
        self.change(other, |other| other.awaited = false);
        self.look_for_awaited(&self.state.lock());
    }

    /// These others are there now. Returns whether that is a change.
    pub(super) fn found(&self, others: HashSet<u32>) -> bool {
        let mut state = self.state.lock();
        let before = state.others.len();
        // Invariant 7.
        let gone: Vec<_> = state
            .others
            .extract_if(|other, _| !others.contains(other))
            .map(|(_, other)| other)
            .collect();
        state.forget(gone);
        let changed = before != state.others.len() || before != others.len();
        for other in others {
            state.others.entry(other).or_default();
        }
        state.uncertain |= changed;
        self.look_for_awaited(&state);
        changed
    }

    /// The platform says that its changes moved no revision.
    pub(super) fn set_uncertain(&self) {
        self.state.lock().uncertain = true;
    }

    /// Invariant 8.
    pub(super) fn take_uncertain(&self) -> bool {
        let mut state = self.state.lock();
        let silent = state.others.values().any(|other| !other.speaks);
        std::mem::take(&mut state.uncertain) || silent || !state.connected
    }

    /// Waits until all others have confirmed.
    pub(super) async fn confirmed(&self) {
        // The sender lives as long as this.
        let _ = self.confirmed.subscribe().wait_for(|all| *all).await;
    }

    /// Whether another process wants to know which brands are online here.
    pub(super) fn watches(&self, other: u32, watches: bool) {
        self.change(other, |other| other.watches = watches);
    }

    /// The processes that want to know that.
    pub(super) fn watching(&self) -> Vec<To> {
        let others = &self.state.lock().others;
        let watching = others.iter().filter(|(_, other)| other.watches);
        watching.map(|(other, _)| To::One(*other)).collect()
    }

    /// These brands have connections at another process, or none any more.
    pub(super) fn online(&self, other: u32, brands: Vec<BrandId>, is_online: bool) {
        let State {
            others,
            watches,
            elsewhere,
            ..
        } = &mut *self.state.lock();
        let Some(other) = others.get_mut(&other).filter(|_| *watches) else {
            return;
        };
        for brand in brands {
            if is_online && other.online.insert(brand) {
                elsewhere.came(brand);
            } else if !is_online && other.online.remove(&brand) {
                elsewhere.went(brand);
            }
        }
    }

    /// Whether it is wanted which brands are online elsewhere. What is known is forgotten if not.
    pub(super) fn want_online(&self, wanted: bool) {
        let mut state = self.state.lock();
        state.watches = wanted;
        if wanted {
            return;
        }
        state.elsewhere.clear();
        for other in state.others.values_mut() {
            other.online.clear();
        }
    }

    fn change<T>(&self, other: u32, change: impl FnOnce(&mut Other) -> T) -> Option<T> {
        self.state.lock().others.get_mut(&other).map(change)
    }

    fn look_for_awaited(&self, state: &State) {
        let awaited = state.others.values().any(|other| other.awaited);
        self.confirmed.send_replace(!awaited);
    }
}

impl State {
    /// The brands of these processes have no connections there any more.
    fn forget(&mut self, gone: impl IntoIterator<Item = Other>) {
        for brand in gone.into_iter().flat_map(|other| other.online) {
            self.elsewhere.went(brand);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::task::Poll;

    use aftermatch_ports::Signal;
    use futures_util::poll;

    use super::*;

    async fn is_ready(others: &Others) -> bool {
        poll!(std::pin::pin!(others.confirmed())) == Poll::Ready(())
    }

    #[tokio::test]
    async fn newcomer_is_ready_once_all_confirmed() {
        let others = Others::default();
        assert!(!is_ready(&others).await);
        others.connected(HashSet::from([1, 2, 3]));
        others.confirmed_by(1);
        others.confirmed_by(7);
        assert!(!is_ready(&others).await);
        // The third has died, and another one came, which has found this one.
        assert!(others.found(HashSet::from([1, 2, 4])));
        assert!(!is_ready(&others).await);
        others.confirmed_by(2);
        assert!(is_ready(&others).await);

        others.disconnected();
        assert!(!is_ready(&others).await);
        others.connected(HashSet::new());
        assert!(is_ready(&others).await);
    }

    #[test]
    fn every_change_is_uncertain_once() {
        let others = Others::default();
        let changes: [fn(&Others); 5] = [
            |others| others.connected(HashSet::new()),
            |others| others.came(2),
            |others| assert!(others.found(HashSet::from([2, 3]))),
            |others| assert!(others.found(HashSet::from([3]))),
            Others::set_uncertain,
        ];
        for (nth, change) in changes.into_iter().enumerate() {
            change(&others);
            others.spoke(2);
            others.spoke(3);
            assert!(others.take_uncertain(), "change {nth}");
            assert!(!others.take_uncertain(), "change {nth}");
        }
        assert!(!others.found(HashSet::from([3])));
        assert!(!others.take_uncertain());
    }

    #[test]
    fn process_that_does_not_listen_is_uncertain() {
        let others = Others::default();
        for _ in 0..2 {
            for _ in 0..3 {
                assert!(others.take_uncertain());
            }
            others.connected(HashSet::new());
            assert!(others.take_uncertain());
            assert!(!others.take_uncertain());
            others.disconnected();
        }
    }

    #[test]
    fn brand_that_is_told_late_is_not_online() {
        let signals = Arc::<SignalQueue>::default();
        let others = Others::new(signals.clone());
        others.connected(HashSet::from([2]));
        let online = |is_online| others.online(2, vec![BrandId(1)], is_online);
        let presence = |is_online| Signal::Presence {
            brand: BrandId(1),
            is_online,
        };
        others.want_online(true);
        online(true);
        assert_eq!(signals.take(), [presence(true)]);
        others.want_online(false);
        assert_eq!(signals.take(), [presence(false)]);
        // Nobody will say that it has gone.
        online(true);
        others.want_online(true);
        assert_eq!(signals.take(), []);
        online(true);
        assert_eq!(signals.take(), [presence(true)]);
    }

    #[test]
    fn silent_process_makes_uncertain_until_gone() {
        let others = Others::default();
        others.connected(HashSet::from([2, 3]));
        others.spoke(2);
        for _ in 0..3 {
            assert!(others.take_uncertain());
        }
        others.found(HashSet::from([2]));
        assert!(others.take_uncertain());
        assert!(!others.take_uncertain());
    }
}
