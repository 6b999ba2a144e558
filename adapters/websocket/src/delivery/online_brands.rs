//! Which brands are online.
//!
//! Invariants:
//! 1. A brand that has a connection at any process is online. One whose last connection has
//!    ended is still online for [`GRACE`].
//! 2. A change is noted under the lock on the brands, while somebody here follows presence. So
//!    the last change of a brand that is noted is how it is.

use std::{
    collections::{BTreeMap, HashMap, hash_map::Entry},
    mem,
    sync::Arc,
    time::Duration,
};

use aftermatch_ports::{
    Interest, PresenceChange,
    model::{BrandId, Contact, Room},
};
use parking_lot::Mutex;
use tokio::{select, sync::Notify, time::Instant};

use super::deadlines::Deadlines;

/// How long a brand without a connection is still online. A page that is loaded again comes
/// back, and so does a client whose process has ended.
const GRACE: Duration = Duration::from_secs(5);

pub(super) struct OnlineBrands {
    interest: Arc<dyn Interest>,
    state: Mutex<State>,
    /// When brands that have gone are no longer online.
    deadlines: Deadlines<BrandId>,
    changed: Notify,
}

#[derive(Default)]
struct State {
    brands: HashMap<BrandId, Presence>,
    /// How many connections here follow presence.
    receiving: usize,
    /// Whether what is known of other processes is wanted in any case.
    is_watched: bool,
    /// Invariant 2: since when it is as it is.
    changes: BTreeMap<BrandId, Instant>,
}

#[derive(Default)]
struct Presence {
    /// How many connections it has here.
    here: usize,
    /// Whether it has one at another process.
    elsewhere: bool,
    /// Since when it has none.
    gone: Option<Instant>,
}

impl OnlineBrands {
    pub(super) fn new(interest: Arc<dyn Interest>) -> Self {
        Self {
            interest,
            state: Mutex::default(),
            deadlines: Deadlines::default(),
            changed: Notify::new(),
        }
    }

    pub(super) fn connected(&self, brand: BrandId) {
        self.change(brand, |presence| presence.here += 1);
    }

    pub(super) fn disconnected(&self, brand: BrandId) {
        self.change(brand, |presence| {
            presence.here = presence.here.saturating_sub(1)
        });
    }

    /// Whether the brand has a connection at another process.
    pub(super) fn elsewhere(&self, brand: BrandId, is_online: bool) {
        self.change(brand, |presence| presence.elsewhere = is_online);
    }

    fn change(&self, brand: BrandId, change: impl FnOnce(&mut Presence)) {
        let mut state = self.state.lock();
        let is_new = !state.brands.contains_key(&brand);
        let presence = state.brands.entry(brand).or_default();
        let was_here = presence.here > 0;
        change(presence);
        let is_here = presence.here > 0;
        let is_online = is_here || presence.elsewhere;
        if is_online {
            presence.gone = None;
        } else if is_new {
            state.brands.remove(&brand);
            return;
        } else if presence.gone.is_none() {
            let now = Instant::now();
            presence.gone = Some(now);
            self.deadlines.add(now + GRACE, brand);
        }
        if is_new {
            self.note(&mut state, brand);
        }
        if was_here != is_here {
            self.interest.online(brand, is_here);
        }
    }

    /// A connection begins or ends to follow presence.
    pub(super) fn receives(&self, before: bool, now: bool) {
        if before == now {
            return;
        }
        let mut state = self.state.lock();
        if now {
            state.receiving += 1;
            if state.receiving == 1 && !state.is_watched {
                self.interest.presence_wanted(true);
            }
        } else {
            state.receiving = state.receiving.saturating_sub(1);
            if state.receiving == 0 {
                state.changes.clear();
                if !state.is_watched {
                    self.interest.presence_wanted(false);
                }
            }
        }
    }

    /// From now on it is known which brands are at other processes.
    pub(super) fn watch(&self) {
        let mut state = self.state.lock();
        if !mem::replace(&mut state.is_watched, true) && state.receiving == 0 {
            self.interest.presence_wanted(true);
        }
    }

    pub(super) fn contact(&self, brand: BrandId) -> Contact {
        match self.state.lock().brands.get(&brand) {
            None => Contact::Gone,
            Some(presence) if presence.gone.is_some() => Contact::JustGone,
            Some(_) => Contact::Connected,
        }
    }

    /// Those of the room's brands that are online.
    pub(super) fn of(&self, room: &Room) -> Vec<BrandId> {
        let state = self.state.lock();
        let brands = room.participants.iter().map(|brand| brand.id);
        brands
            .filter(|brand| state.brands.contains_key(brand))
            .collect()
    }

    fn note(&self, state: &mut State, brand: BrandId) {
        if state.receiving > 0 {
            state.changes.insert(brand, Instant::now());
            self.changed.notify_one();
        }
    }

    /// Ends the grace of a brand.
    fn end(&self, brand: BrandId) {
        let mut state = self.state.lock();
        if let Entry::Occupied(presence) = state.brands.entry(brand)
            && presence
                .get()
                .gone
                .is_some_and(|gone| gone.elapsed() >= GRACE)
        {
            presence.remove();
            self.note(&mut state, brand);
        }
    }

    pub(super) async fn changes(&self) -> Vec<PresenceChange> {
        loop {
            let changes = self.take_changes();
            if !changes.is_empty() {
                return changes;
            }
            select! {
                () = self.changed.notified() => {}
                (_, brand) = self.deadlines.next() => self.end(brand),
            }
        }
    }

    fn take_changes(&self) -> Vec<PresenceChange> {
        let mut state = self.state.lock();
        let changes = mem::take(&mut state.changes).into_iter();
        changes
            .map(|(brand, since)| PresenceChange {
                brand,
                gone_for: (!state.brands.contains_key(&brand)).then(|| since.elapsed() + GRACE),
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::advance;

    use super::*;
    use crate::delivery::tests::Said;

    const BRAND: BrandId = BrandId(1);

    fn online() -> (OnlineBrands, Arc<Said>) {
        let said = Arc::<Said>::default();
        let online = OnlineBrands::new(said.clone());
        online.receives(false, true);
        (online, said)
    }

    fn changes(online: &OnlineBrands) -> Vec<(BrandId, Option<u64>)> {
        let changes = online.take_changes().into_iter();
        let changes = changes.map(|change| {
            let gone_for = change.gone_for.map(|gone_for| gone_for.as_secs());
            (change.brand, gone_for)
        });
        changes.collect()
    }

    #[tokio::test(start_paused = true)]
    async fn brand_is_online_until_last_connection_is_gone_for_a_while() {
        let (online, said) = online();
        online.connected(BRAND);
        online.connected(BRAND);
        online.disconnected(BRAND);
        assert_eq!(changes(&online), [(BRAND, None)]);
        online.elsewhere(BRAND, true);
        online.disconnected(BRAND);
        assert_eq!(*said.online.lock(), [(BRAND, true), (BRAND, false)]);
        advance(2 * GRACE).await;
        online.elsewhere(BRAND, false);
        advance(GRACE / 2).await;
        assert_eq!(changes(&online), [], "it may come back");
        advance(GRACE).await;
        let gone = online.changes().await;
        assert_eq!(gone.len(), 1);
        assert!(gone[0].gone_for.is_some_and(|gone_for| gone_for >= GRACE));
    }

    #[tokio::test(start_paused = true)]
    async fn brand_that_comes_back_has_not_been_away() {
        let (online, _) = online();
        online.connected(BRAND);
        changes(&online);
        for _ in 0..3 {
            online.disconnected(BRAND);
            advance(GRACE / 2).await;
            online.connected(BRAND);
            advance(GRACE / 2).await;
            online.end(BRAND);
        }
        assert_eq!(changes(&online), []);
    }

    /// What was known of other processes is forgotten when nobody here follows presence, and is
    /// said again to the next who does.
    #[tokio::test(start_paused = true)]
    async fn brand_that_goes_unwatched_is_not_online_later() {
        let (online, _) = online();
        online.elsewhere(BRAND, true);
        assert_eq!(changes(&online), [(BRAND, None)]);
        online.receives(true, false);
        online.elsewhere(BRAND, false);
        advance(GRACE).await;
        online.end(BRAND);
        online.receives(false, true);
        assert_eq!(changes(&online), []);
        assert!(!online.state.lock().brands.contains_key(&BRAND));
    }

    #[tokio::test(start_paused = true)]
    async fn without_anybody_to_hear_nothing_is_noted() {
        let (online, said) = online();
        online.receives(true, false);
        online.connected(BRAND);
        online.elsewhere(BrandId(2), false);
        assert_eq!(changes(&online), []);
        assert_eq!(*said.presence_wanted.lock(), [true, false]);
    }
    #[tokio::test(start_paused = true)]
    async fn contact_ends_a_while_after_last_connection() {
        let (online, _) = online();
        assert_eq!(online.contact(BRAND), Contact::Gone);
        online.elsewhere(BRAND, true);
        assert_eq!(online.contact(BRAND), Contact::Connected);
        online.elsewhere(BRAND, false);
        assert_eq!(online.contact(BRAND), Contact::JustGone);
        advance(GRACE).await;
        online.end(BRAND);
        assert_eq!(online.contact(BRAND), Contact::Gone);
    }

    #[tokio::test(start_paused = true)]
    async fn watched_presence_is_wanted_without_followers() {
        let (online, said) = online();
        online.watch();
        online.receives(true, false);
        online.receives(false, true);
        assert_eq!(*said.presence_wanted.lock(), [true]);
        // Without followers from the first moment on.
        let said = Arc::<Said>::default();
        let online = OnlineBrands::new(said.clone());
        online.watch();
        online.watch();
        online.receives(false, true);
        assert_eq!(*said.presence_wanted.lock(), [true]);
    }
}
