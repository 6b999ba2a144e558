//! Limits for the connections on which no request is being served: those that
//! have not sent a request head yet, and idle ones after a response.
//!
//! A silent connection costs a descriptor until its time is over. So when too many
//! wait, the one that has waited longest is evicted for the new one: a client that
//! sends its head at once always gets in, however many silent ones there are. One that has
//! just connected is not silent, its head is on the way: when everybody comes back at once,
//! more may wait for a moment.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    net::{IpAddr, Ipv6Addr},
    sync::Arc,
    time::Duration,
};

use parking_lot::Mutex;
use tokio::{sync::Notify, time::Instant};

/// The most silent connections that wait for a request head at a time.
pub const MAX_PENDING: usize = 1024;

/// The same together with those that have just begun to wait.
const MAX_YOUNG: usize = 16 * MAX_PENDING;

/// How long a head may be on its way before its connection is silent.
const YOUTH: Duration = Duration::from_secs(1);

/// The pending connections of one port.
pub(super) struct PendingConnections {
    max: usize,
    max_per_source: usize,
    max_young: usize,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// The age of the next connection.
    next: u64,
    by_age: BTreeMap<u64, Entry>,
    /// Their ages.
    by_source: HashMap<IpAddr, BTreeSet<u64>>,
}

struct Entry {
    source: IpAddr,
    since: Instant,
    evict: Arc<Notify>,
}

impl PendingConnections {
    /// Half of a port's sockets may be pending, and a quarter of those from one
    /// source. A proxy is one source, too; it sends its heads at once.
    pub(super) fn new(sockets: usize) -> Arc<Self> {
        let half = (sockets / 2).max(1);
        let max = half.min(MAX_PENDING);
        Arc::new(Self {
            max,
            max_per_source: (max / 4).max(1),
            max_young: half.min(MAX_YOUNG),
            state: Mutex::default(),
        })
    }

    /// Adds a connection from `address`. Over a limit, the oldest is evicted: of
    /// the same source, or of all.
    pub(super) fn add(self: &Arc<Self>, address: IpAddr) -> Pending {
        let pending = Pending {
            all: self.clone(),
            source: source(address),
            evict: Arc::default(),
            age: Mutex::default(),
        };
        pending.resume();
        pending
    }

    /// Evicts the oldest of the source that has most. Returns whether there was one.
    pub(super) fn evict_oldest(&self) -> bool {
        let mut state = self.state.lock();
        let most = state.by_source.values().max_by_key(|ages| ages.len());
        let oldest = most.and_then(|ages| ages.first().copied());
        oldest.is_some_and(|age| state.evict(age))
    }

    fn insert(&self, entry: Entry) -> u64 {
        let (source, now) = (entry.source, entry.since);
        let mut state = self.state.lock();
        let age = state.insert(entry);
        while let Some(silent) = self.over_limit(&state, source, now) {
            state.evict(silent);
        }
        age
    }

    /// The connection that is too much now that one of `source` has come.
    fn over_limit(&self, state: &State, source: IpAddr, now: Instant) -> Option<u64> {
        let own = state.by_source.get(&source);
        let own = own.filter(|ages| ages.len() > self.max_per_source);
        let own = own.and_then(|ages| ages.first());
        let any = state.by_age.keys().next();
        let any = any.filter(|_| state.by_age.len() > self.max);
        let is_silent = |age: &&u64| {
            let entry = state.by_age.get(age);
            entry.is_some_and(|entry| now.duration_since(entry.since) >= YOUTH)
        };
        let silent = [own, any].into_iter().flatten().find(is_silent);
        let is_full = state.by_age.len() > self.max_young;
        silent.or(own.or(any).filter(|_| is_full)).copied()
    }
}

impl State {
    fn insert(&mut self, entry: Entry) -> u64 {
        let age = self.next;
        self.next += 1;
        self.by_source.entry(entry.source).or_default().insert(age);
        self.by_age.insert(age, entry);
        age
    }

    fn remove(&mut self, age: u64) -> Option<Entry> {
        let entry = self.by_age.remove(&age)?;
        if let Some(ages) = self.by_source.get_mut(&entry.source) {
            ages.remove(&age);
            if ages.is_empty() {
                self.by_source.remove(&entry.source);
            }
        }
        Some(entry)
    }

    fn evict(&mut self, age: u64) -> bool {
        let entry = self.remove(age);
        entry.inspect(|entry| entry.evict.notify_one()).is_some()
    }
}

/// One connection's part of it. Removed when dropped.
pub(super) struct Pending {
    all: Arc<PendingConnections>,
    source: IpAddr,
    evict: Arc<Notify>,
    /// When it began to wait, in the order of all. `None`: a request is being
    /// served.
    age: Mutex<Option<u64>>,
}

impl Pending {
    /// A request head has arrived.
    pub(super) fn pause(&self) {
        if let Some(age) = self.age.lock().take() {
            self.all.state.lock().remove(age);
        }
    }

    /// The request was answered; the connection waits for the next head.
    pub(super) fn resume(&self) {
        let age = self.all.insert(Entry {
            source: self.source,
            since: Instant::now(),
            evict: self.evict.clone(),
        });
        *self.age.lock() = Some(age);
    }

    pub(super) fn is_pending(&self) -> bool {
        self.age.lock().is_some()
    }

    /// Returns when the connection is evicted.
    pub(super) async fn evicted(&self) {
        self.evict.notified().await;
    }
}

impl Drop for Pending {
    fn drop(&mut self) {
        self.pause();
    }
}

/// Who an address belongs to. A single host has a whole IPv6 network of 64 bits.
fn source(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => {
            let network = u128::from(address) & !u128::from(u64::MAX);
            Ipv6Addr::from(network).into()
        }
        address @ IpAddr::V4(_) => address,
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;
    use tokio::time::advance;

    use super::*;

    const ANN: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 1));

    fn address(last: u8) -> IpAddr {
        IpAddr::from([198, 51, 100, last])
    }

    fn is_evicted(pending: &Pending) -> bool {
        pending.evicted().now_or_never().is_some()
    }

    /// Room for eight in all, and for two of one source.
    fn eight() -> Arc<PendingConnections> {
        PendingConnections::new(16)
    }

    #[tokio::test(start_paused = true)]
    async fn source_over_limit_evicts_own_oldest() {
        let all = eight();
        let other = all.add(address(1));
        let [first, second] = [ANN; 2].map(|ann| all.add(ann));
        advance(YOUTH).await;
        let third = all.add(ANN);
        assert!(is_evicted(&first));
        assert!(!is_evicted(&second) && !is_evicted(&third) && !is_evicted(&other));
    }

    #[tokio::test(start_paused = true)]
    async fn port_over_limit_evicts_oldest_of_all() {
        let all = eight();
        let pending: Vec<_> = (0..9).map(|last| all.add(address(last))).collect();
        let evicted: Vec<_> = pending.iter().map(is_evicted).collect();
        assert_eq!(evicted.iter().position(|evicted| *evicted), Some(0));
        assert_eq!(evicted.iter().filter(|evicted| **evicted).count(), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn who_has_just_connected_is_not_silent() {
        const SOCKETS: usize = 4 * MAX_PENDING;
        let all = PendingConnections::new(SOCKETS);
        let young: Vec<_> = (0..SOCKETS / 2).map(|_| all.add(ANN)).collect();
        assert!(!young.iter().any(is_evicted), "of one proxy");
        // However young they are, there is an end.
        let _other = all.add(ANN);
        assert!(is_evicted(&young[0]));
        assert!(!young[1..].iter().any(is_evicted));

        advance(YOUTH).await;
        let _last = all.add(ANN);
        let left = young.iter().filter(|pending| !is_evicted(pending)).count();
        assert!(left < MAX_PENDING / 4, "{left}");
    }

    #[tokio::test(start_paused = true)]
    async fn silent_ones_of_others_go_before_those_of_a_proxy_that_came_now() {
        let all = PendingConnections::new(4 * MAX_PENDING);
        let silent: Vec<_> = (0..MAX_PENDING)
            .map(|nth| all.add(address(u8::try_from(nth / 256).expect("few"))))
            .collect();
        advance(YOUTH).await;
        let young: Vec<_> = (0..MAX_PENDING).map(|_| all.add(ANN)).collect();
        assert!(!young.iter().any(is_evicted));
        assert!(silent.iter().all(is_evicted));
    }

    #[tokio::test(start_paused = true)]
    async fn without_a_socket_the_source_with_most_makes_room() {
        let all = eight();
        let other = all.add(address(1));
        let [first, second] = [ANN; 2].map(|ann| all.add(ann));
        assert!(all.evict_oldest());
        assert!(is_evicted(&first) && !is_evicted(&second) && !is_evicted(&other));
    }

    #[tokio::test(start_paused = true)]
    async fn served_connection_is_never_evicted() {
        let all = eight();
        let served = all.add(ANN);
        served.pause();
        let waiting = [ANN; 2].map(|ann| all.add(ann));
        advance(YOUTH).await;
        assert!(!is_evicted(&served) && !served.is_pending());
        assert!(waiting.iter().all(|waiting| !is_evicted(waiting)));
        // Idle after the answer, it is the youngest of three.
        served.resume();
        assert!(is_evicted(&waiting[0]) && !is_evicted(&served));
    }

    #[test]
    fn dropped_connection_frees_its_place() {
        let all = eight();
        for _ in 0..100 {
            drop(all.add(ANN));
        }
        let remaining = [ANN; 2].map(|ann| all.add(ann));
        assert!(remaining.iter().all(|remaining| !is_evicted(remaining)));
        drop(remaining);
        let state = all.state.lock();
        assert!(state.by_age.is_empty() && state.by_source.is_empty());
    }

    #[test]
    fn evict_oldest_without_pending_evicts_none() {
        let all = eight();
        assert!(!all.evict_oldest());
        let first = all.add(ANN);
        assert!(all.evict_oldest() && is_evicted(&first));
        assert!(!all.evict_oldest());
    }

    #[test]
    fn ipv6_network_is_one_source() {
        let parse = |text: &str| source(text.parse().expect("an address"));
        assert_eq!(parse("2001:db8::1"), parse("2001:db8::ffff:1:2:3"));
        assert_ne!(parse("2001:db8::1"), parse("2001:db8:0:1::1"));
        assert_eq!(parse("::ffff:192.0.2.1"), ANN);
    }
}
