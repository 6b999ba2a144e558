//! Everyone joined, and what they are told: the [`Events`] port.

mod audience;

use std::{collections::HashMap, sync::Arc, time::Duration};

use aftermatch_ports::{
    Events,
    model::{Change, RoomId, Seat, Seq, SessionId},
};
use async_trait::async_trait;
use bytes::Bytes;
use parking_lot::{Mutex, RwLock};
use tokio::time::timeout;
use tokio_util::task::TaskTracker;

use self::audience::Audience;
use crate::outbox::{Close, Outbox};

/// How long a change waits for those before it. Far more than lies between the
/// moment a change is kept and the moment it is told.
const FORERUNNERS: Duration = Duration::from_secs(2);

/// Everyone joined, room by room. Rooms share nothing but the way to find them.
///
/// What is told is put into the outboxes of a room, and sent off by whoever told
/// it, at the end of its turn ([`Hub::flush`]): so a burst is one write for each
/// who hears it.
#[derive(Default)]
pub struct Hub {
    outboxes: Mutex<HashMap<SessionId, Arc<Outbox>>>,
    rooms: RwLock<HashMap<RoomId, Arc<Mutex<Audience>>>>,
    flushing: TaskTracker,
}

impl Hub {
    /// A hub where nobody is.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// A connection is there to be told things.
    pub(crate) fn connect(&self, session: SessionId, outbox: Arc<Outbox>) {
        self.outboxes.lock().insert(session, outbox);
    }

    /// A connection is there no more. Its seat was given up before.
    pub(crate) fn disconnect(&self, session: SessionId) {
        self.outboxes.lock().remove(&session);
    }

    /// Closes every connection.
    pub(crate) fn close_all(&self, close: Close) {
        for outbox in self.outboxes.lock().values() {
            outbox.close(close);
        }
    }

    /// Sends off what was told in the room: one pass over all who hear it. Who
    /// comes while somebody is at it leaves the rest to a task of its own, lest
    /// one connection work for all the others.
    pub(crate) fn flush(&self, room: RoomId) {
        let Some(audience) = self.audience(room) else {
            return;
        };
        let Some(outboxes) = audience.lock().begin_flush() else {
            return;
        };
        outboxes.iter().for_each(|outbox| outbox.flush());
        let Some(mut outboxes) = audience.lock().flush_again() else {
            return;
        };
        self.flushing.spawn(async move {
            loop {
                outboxes.iter().for_each(|outbox| outbox.flush());
                tokio::task::yield_now().await;
                match audience.lock().flush_again() {
                    Some(more) => outboxes = more,
                    None => return,
                }
            }
        });
    }

    fn audience(&self, room: RoomId) -> Option<Arc<Mutex<Audience>>> {
        self.rooms.read().get(&room).cloned()
    }

    /// Delivers the answer to a join and, behind it, what was told in the room
    /// since `since`: from here on the seat hears the room.
    pub(crate) fn seat(&self, session: SessionId, room: RoomId, since: Seq, answer: Bytes) {
        if let Some(audience) = self.audience(room) {
            audience.lock().seat(session, since, answer);
        }
    }
}

#[async_trait]
impl Events for Hub {
    fn hold(&self, seat: Seat) {
        let Some(outbox) = self.outboxes.lock().get(&seat.session).cloned() else {
            return;
        };
        // Under the lock of all rooms, so that nobody takes this audience for an
        // empty one and removes it meanwhile.
        let mut rooms = self.rooms.write();
        let audience = rooms.entry(seat.room).or_default();
        audience.lock().hold(seat, outbox);
    }

    fn leave(&self, session: SessionId, room: RoomId) {
        let mut rooms = self.rooms.write();
        let Some(audience) = rooms.get(&room) else {
            return;
        };
        if audience.lock().leave(session) {
            rooms.remove(&room);
        }
    }

    async fn tell(&self, change: Change) {
        let (room, seq) = (change.room.room.id, change.seq);
        let Some(audience) = self.audience(room) else {
            return;
        };
        let turn = audience.lock().tell(change);
        if let Some(turn) = turn
            && timeout(FORERUNNERS, turn).await.is_err()
        {
            // Kept, but not told by us: the store broke off before it answered, or
            // another process writes to the same store.
            tracing::warn!(%room, %seq, "a change did not come: going on without it");
            audience.lock().give_up_before(seq);
        }
    }
}

#[cfg(test)]
mod tests;
