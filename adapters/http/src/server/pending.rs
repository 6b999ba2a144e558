//! Limits for the connections on which no request is being served: those that
//! have not sent a request head yet, and idle ones after a response.
//!
//! A silent connection costs a descriptor until its time is over. So when too many
//! wait, the one that has waited longest is evicted for the new one: a client that
//! sends its head at once always gets in, however many silent ones there are.

use std::{
    collections::{BTreeMap, HashMap},
    net::{IpAddr, Ipv6Addr},
    sync::Arc,
};

use parking_lot::Mutex;
use tokio::sync::Notify;

/// The most connections that wait for a request head at a time. A client sends its
/// head right after it has connected, so only silent ones reach this.
pub const MAX_PENDING: usize = 1024;

/// The pending connections of one port.
pub(super) struct PendingConnections {
    max: usize,
    max_per_source: usize,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// The age of the next connection.
    next: u64,
    by_age: BTreeMap<u64, Entry>,
    by_source: HashMap<IpAddr, usize>,
}

struct Entry {
    source: IpAddr,
    evict: Arc<Notify>,
}

impl PendingConnections {
    /// Half of a port's sockets may be pending, and a quarter of those from one
    /// source. A proxy is one source, too; it sends its heads at once.
    pub(super) fn new(sockets: usize) -> Arc<Self> {
        let max = (sockets / 2).clamp(1, MAX_PENDING);
        Arc::new(Self {
            max,
            max_per_source: (max / 4).max(1),
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

    /// Evicts the oldest of all. Returns whether there was one.
    pub(super) fn evict_oldest(&self) -> bool {
        let mut state = self.state.lock();
        let oldest = state.by_age.keys().next().copied();
        oldest.is_some_and(|age| state.evict(age))
    }

    fn insert(&self, entry: Entry) -> u64 {
        let mut state = self.state.lock();
        let source = entry.source;
        let age = state.next;
        state.next += 1;
        state.by_age.insert(age, entry);
        let of_source = state.by_source.entry(source).or_default();
        *of_source += 1;
        if *of_source > self.max_per_source {
            let mut ages = state.by_age.iter();
            let oldest = ages.find(|(_, entry)| entry.source == source);
            if let Some(oldest) = oldest.map(|(age, _)| *age) {
                state.evict(oldest);
            }
        } else if state.by_age.len() > self.max
            && let Some(oldest) = state.by_age.keys().next().copied()
        {
            state.evict(oldest);
        }
        age
    }
}

impl State {
    fn remove(&mut self, age: u64) -> Option<Entry> {
        let entry = self.by_age.remove(&age)?;
        if let Some(of_source) = self.by_source.get_mut(&entry.source) {
            *of_source -= 1;
            if *of_source == 0 {
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

    #[test]
    fn source_over_limit_evicts_own_oldest() {
        let all = eight();
        let other = all.add(address(1));
        let [first, second, third] = [ANN; 3].map(|ann| all.add(ann));
        assert!(is_evicted(&first));
        assert!(!is_evicted(&second) && !is_evicted(&third) && !is_evicted(&other));
    }

    #[test]
    fn port_over_limit_evicts_oldest_of_all() {
        let all = eight();
        let pending: Vec<_> = (0..9).map(|last| all.add(address(last))).collect();
        let evicted: Vec<_> = pending.iter().map(is_evicted).collect();
        assert_eq!(evicted.iter().position(|evicted| *evicted), Some(0));
        assert_eq!(evicted.iter().filter(|evicted| **evicted).count(), 1);
    }

    #[test]
    fn served_connection_is_never_evicted() {
        let all = eight();
        let served = all.add(ANN);
        served.pause();
        let waiting = [ANN; 2].map(|ann| all.add(ann));
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
