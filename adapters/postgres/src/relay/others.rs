use std::collections::HashSet;

use parking_lot::Mutex;
use tokio::sync::watch;

/// Which other processes there are: the server's processes of their listening
/// connections.
#[derive(Default)]
pub(super) struct Others {
    state: Mutex<State>,
    /// Whether all others have confirmed: invariant 6.
    confirmed: watch::Sender<bool>,
}

#[derive(Default)]
struct State {
    /// Whether this process listens.
    connected: bool,
    others: HashSet<u32>,
    /// Those that have sent something.
    speaking: HashSet<u32>,
    /// Those that have not confirmed yet.
    awaited: HashSet<u32>,
    /// Invariant 8.
    uncertain: bool,
}

impl Others {
    /// This process has connected, and found these others.
    pub(super) fn connected(&self, others: HashSet<u32>) {
        let mut state = self.state.lock();
        *state = State {
            connected: true,
            awaited: others.clone(),
            others,
            speaking: HashSet::new(),
            uncertain: true,
        };
        self.confirmed.send_replace(state.awaited.is_empty());
    }

    /// The connection is lost.
    pub(super) fn disconnected(&self) {
        let mut state = self.state.lock();
        let uncertain = state.uncertain;
        *state = State {
            uncertain,
            ..State::default()
        };
        self.confirmed.send_replace(false);
    }

    /// Another process has sent something.
    pub(super) fn spoke(&self, other: u32) {
        self.state.lock().speaking.insert(other);
    }

    /// Another process has connected.
    pub(super) fn came(&self, other: u32) {
        let mut state = self.state.lock();
        state.others.insert(other);
        state.uncertain = true;
    }

    /// Another process sends its events to this one.
    pub(super) fn confirmed_by(&self, other: u32) {
        let mut state = self.state.lock();
        state.awaited.remove(&other);
        self.confirmed.send_replace(state.awaited.is_empty());
    }

    /// These others are there now. Returns whether that is a change.
    pub(super) fn found(&self, others: HashSet<u32>) -> bool {
        let mut state = self.state.lock();
        let changed = state.others != others;
        state.uncertain |= changed;
        // Invariant 7.
        state.awaited.retain(|other| others.contains(other));
        state.speaking.retain(|other| others.contains(other));
        state.others = others;
        self.confirmed.send_replace(state.awaited.is_empty());
        changed
    }

    /// The platform says that its changes moved no revision.
    pub(super) fn set_uncertain(&self) {
        self.state.lock().uncertain = true;
    }

    /// Invariant 8.
    pub(super) fn take_uncertain(&self) -> bool {
        let mut state = self.state.lock();
        let silent = !state.others.is_subset(&state.speaking);
        std::mem::take(&mut state.uncertain) || silent || !state.connected
    }

    /// Waits until all others have confirmed.
    pub(super) async fn confirmed(&self) {
        // The sender lives as long as this.
        let _ = self.confirmed.subscribe().wait_for(|all| *all).await;
    }
}

#[cfg(test)]
mod tests {
    use std::task::Poll;

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
