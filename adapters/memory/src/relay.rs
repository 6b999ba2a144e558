use std::{collections::HashSet, future::pending, sync::Arc};

use aftermatch_ports::{
    Interest, Relay, RemoteEvent,
    model::{Revision, RoomEvent, RoomId},
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
    wanted_here: Arc<Rooms>,
    wanted_there: Arc<Rooms>,
}

type Rooms = Lock<HashSet<RoomId>>;

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
        let (to_second, from_first) = channel(CAPACITY);
        let (to_first, from_second) = channel(CAPACITY);
        let [first, second] = [Arc::<Rooms>::default(), Arc::<Rooms>::default()];
        let linked = |to_other, from_other, here: &Arc<Rooms>, there: &Arc<Rooms>| {
            Self(Some(Link {
                to_other,
                from_other: Mutex::new(from_other),
                wanted_here: here.clone(),
                wanted_there: there.clone(),
            }))
        };
        [
            linked(to_second, from_second, &first, &second),
            linked(to_first, from_first, &second, &first),
        ]
    }
}

#[async_trait]
impl Relay for LocalRelay {
    async fn ready(&self) {
        // The instances are linked from the start.
    }

    fn publish(&self, event: &RoomEvent, author: Revision) {
        if let Some(link) = &self.0
            && link.wanted_there.lock().contains(&event.room.room.id)
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
}

impl Interest for LocalRelay {
    fn wanted(&self, room: RoomId) {
        if let Some(link) = &self.0 {
            link.wanted_here.lock().insert(room);
        }
    }

    fn unwanted(&self, room: RoomId) {
        if let Some(link) = &self.0 {
            link.wanted_here.lock().remove(&room);
        }
    }
}
