use std::{
    collections::HashSet,
    future::pending,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use aftermatch_ports::{
    Interest, Relay, RemoteEvent, Signal, Urgency,
    model::{BrandId, Revision, RoomEvent, RoomId, UserId},
};
use async_trait::async_trait;
use parking_lot::Mutex as Lock;
use tokio::sync::{
    Mutex,
    mpsc::{Receiver, Sender, channel},
};

/// How many events wait to be received at most. Further ones are dropped: the
/// store has them.
const CAPACITY: usize = 10_000;

/// A relay within one process.
///
/// A store in memory has one process, so the service uses [`LocalRelay::alone`].
pub struct LocalRelay(Option<Link>);

struct Link {
    to_other: Sender<RemoteEvent>,
    from_other: Mutex<Receiver<RemoteEvent>>,
    signals_to_other: Sender<Signal>,
    signals: Mutex<Receiver<Signal>>,
    /// For what this instance learns at once.
    signals_to_self: Sender<Signal>,
    wanted_here: Arc<Wanted>,
    wanted_there: Arc<Wanted>,
}

/// What an instance wants, and which brands have connections there.
#[derive(Default)]
struct Wanted {
    all: AtomicBool,
    these: Lock<HashSet<RoomId>>,
    reads: Lock<HashSet<UserId>>,
    presence: AtomicBool,
    online: Lock<HashSet<BrandId>>,
}

impl Wanted {
    fn contains(&self, room: RoomId) -> bool {
        self.all.load(Ordering::SeqCst) || self.these.lock().contains(&room)
    }

    fn wants(&self, signal: Signal) -> bool {
        match signal {
            Signal::Typing { room, .. } | Signal::Read { room, .. } => self.contains(room),
            Signal::OwnRead { user, .. } => self.reads.lock().contains(&user),
            Signal::Presence { .. } => false,
        }
    }
}

impl LocalRelay {
    /// The relay of a process that shares its store with no other: it drops what is
    /// published and never receives anything.
    #[must_use]
    pub fn alone() -> Self {
        Self(None)
    }

    /// Two instances that receive what the other one publishes, to test what two
    /// processes do.
    #[must_use]
    pub fn pair() -> [Self; 2] {
        let events = [channel(CAPACITY), channel(CAPACITY)];
        let signals = [channel(CAPACITY), channel(CAPACITY)];
        let [first, second] = [Arc::<Wanted>::default(), Arc::<Wanted>::default()];
        let [(to_first, at_first), (to_second, at_second)] = events;
        let [
            (signals_to_first, signals_at_first),
            (signals_to_second, signals_at_second),
        ] = signals;
        let link = |events, signals, wanted| Self(Some(Link::new(events, signals, wanted)));
        [
            link(
                (to_second, at_first),
                (
                    signals_to_first.clone(),
                    signals_to_second.clone(),
                    signals_at_first,
                ),
                (first.clone(), second.clone()),
            ),
            link(
                (to_first, at_second),
                (signals_to_second, signals_to_first, signals_at_second),
                (second, first),
            ),
        ]
    }
}

impl Link {
    fn new(
        (to_other, from_other): (Sender<RemoteEvent>, Receiver<RemoteEvent>),
        (signals_to_self, signals_to_other, signals): (
            Sender<Signal>,
            Sender<Signal>,
            Receiver<Signal>,
        ),
        (wanted_here, wanted_there): (Arc<Wanted>, Arc<Wanted>),
    ) -> Self {
        Self {
            to_other,
            from_other: Mutex::new(from_other),
            signals_to_self,
            signals_to_other,
            signals: Mutex::new(signals),
            wanted_here,
            wanted_there,
        }
    }
}

#[async_trait]
impl Relay for LocalRelay {
    async fn ready(&self) {
        // The instances are linked from the start.
    }

    fn publish(&self, event: &RoomEvent, author: Revision) {
        if let Some(link) = &self.0
            && link.wanted_there.contains(event.room.room.id)
        {
            // This fails if the other instance is too slow or was dropped.
            let _ = link.to_other.try_send(RemoteEvent::of(event, author));
        }
    }

    async fn receive(&self) -> Vec<RemoteEvent> {
        let mut events = Vec::new();
        if let Some(link) = &self.0 {
            let mut from_other = link.from_other.lock().await;
            from_other.recv_many(&mut events, CAPACITY).await;
        }
        if events.is_empty() {
            return pending().await;
        }
        events
    }

    async fn signals(&self) -> Vec<Signal> {
        let mut signals = Vec::new();
        if let Some(link) = &self.0 {
            let mut from_other = link.signals.lock().await;
            from_other.recv_many(&mut signals, CAPACITY).await;
        }
        if signals.is_empty() {
            return pending().await;
        }
        signals
    }
}

impl Interest for LocalRelay {
    /// However soon: everything is sent at once.
    fn room_wanted(&self, room: RoomId, urgency: Option<Urgency>) {
        let Some(link) = &self.0 else {
            return;
        };
        let mut these = link.wanted_here.these.lock();
        if urgency.is_some() {
            these.insert(room);
        } else {
            these.remove(&room);
        }
    }

    fn all_wanted(&self, wanted: bool) {
        if let Some(link) = &self.0 {
            link.wanted_here.all.store(wanted, Ordering::SeqCst);
        }
    }

    fn reads_wanted(&self, user: UserId, wanted: bool) {
        if let Some(link) = &self.0 {
            let mut reads = link.wanted_here.reads.lock();
            if wanted {
                reads.insert(user);
            } else {
                reads.remove(&user);
            }
        }
    }

    fn presence_wanted(&self, wanted: bool) {
        let Some(link) = &self.0 else {
            return;
        };
        let there = link.wanted_there.online.lock();
        link.wanted_here.presence.store(wanted, Ordering::SeqCst);
        for brand in there.iter() {
            let brand = *brand;
            let signal = Signal::Presence {
                brand,
                is_online: wanted,
            };
            let _ = link.signals_to_self.try_send(signal);
        }
    }

    fn online(&self, brand: BrandId, is_online: bool) {
        let Some(link) = &self.0 else {
            return;
        };
        let mut here = link.wanted_here.online.lock();
        if is_online {
            here.insert(brand);
        } else {
            here.remove(&brand);
        }
        if link.wanted_there.presence.load(Ordering::SeqCst) {
            let signal = Signal::Presence { brand, is_online };
            let _ = link.signals_to_other.try_send(signal);
        }
    }

    fn signal(&self, signal: Signal) {
        if let Some(link) = &self.0
            && link.wanted_there.wants(signal)
        {
            let _ = link.signals_to_other.try_send(signal);
        }
    }
}
