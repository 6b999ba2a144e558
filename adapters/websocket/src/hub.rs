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

use self::audience::Audience;
use crate::outbox::Outbox;

/// How long a change waits for those before it. Far more than lies between the
/// moment a change is kept and the moment it is told.
const FORERUNNERS: Duration = Duration::from_secs(2);

/// Everyone joined, room by room. Rooms share nothing but the way to find them.
#[derive(Default)]
pub struct Hub {
    outboxes: Mutex<HashMap<SessionId, Arc<Outbox>>>,
    rooms: RwLock<HashMap<RoomId, Arc<Mutex<Audience>>>>,
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

    /// Delivers the answer to a join and, behind it, what was told in the room
    /// since `since`: from here on the seat hears the room.
    pub(crate) fn seat(&self, session: SessionId, room: RoomId, since: Seq, answer: Bytes) {
        let audience = self.rooms.read().get(&room).cloned();
        if let Some(audience) = audience {
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
        let audience = self.rooms.read().get(&room).cloned();
        let Some(audience) = audience else { return };
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
