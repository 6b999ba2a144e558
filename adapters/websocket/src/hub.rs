//! Everyone connected, and what they are told: the [`Events`] port.

mod audience;

use std::{collections::HashMap, sync::Arc, time::Duration};

use aftermatch_ports::{
    Events, Presence, Present,
    model::{
        Change, Endpoint, Eviction, Refusal, Revision, RoomId, Seat, Seq, Session, SessionId,
        UserId,
    },
};
use aftermatch_protocol::{close::Close, endpoint, event};
use async_trait::async_trait;
use bytes::Bytes;
use parking_lot::{Mutex, RwLock};
use prometheus_client::metrics::gauge::Gauge;
use tokio::time::{sleep, timeout};
use tokio_util::task::TaskTracker;

use self::audience::Audience;
use crate::{
    encode,
    metrics::{At, Metrics, Why},
    transport::Outbox,
};

/// How long a change waits for those before it. Far more than lies between the
/// moment a change is kept and the moment it is told.
const FORERUNNERS: Duration = Duration::from_millis(500);

/// How often some connections are closed when all are to be.
const DRAIN_TICK: Duration = Duration::from_millis(20);

/// Everyone connected, and those joined, room by room. Rooms share nothing but
/// the way to find them.
///
/// What is told is put into the outboxes of a room, and sent off by whoever told
/// it, at the end of its turn (`Hub::flush`): so a burst is one write for each
/// who hears it.
#[derive(Default)]
pub struct Hub {
    connections: Mutex<HashMap<SessionId, Connection>>,
    rooms: RwLock<HashMap<RoomId, Arc<Mutex<Audience>>>>,
    flushing: TaskTracker,
    metrics: Arc<Metrics>,
}

struct Connection {
    outbox: Arc<Outbox>,
    user: UserId,
    revision: Revision,
    endpoint: Endpoint,
}

/// An answer to somebody who has no seat any more in the room it is about.
type Homeless = (SessionId, Bytes);

impl Hub {
    /// A hub where nobody is.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    pub(crate) fn metrics(&self) -> &Arc<Metrics> {
        &self.metrics
    }

    /// A connection is there to be told things.
    pub(crate) fn connect(&self, session: &Session, outbox: Arc<Outbox>) {
        let connection = Connection {
            outbox,
            user: session.user,
            revision: session.revision,
            endpoint: session.endpoint,
        };
        self.count(&connection).inc();
        self.connections.lock().insert(session.id, connection);
    }

    /// A connection is there no more. Its seat was given up before.
    pub(crate) fn disconnect(&self, session: SessionId) {
        let gone = self.connections.lock().remove(&session);
        if let Some(connection) = gone {
            self.count(&connection).dec();
        }
    }

    fn count(&self, connection: &Connection) -> Gauge {
        let endpoint = endpoint::name(connection.endpoint);
        let connections = &self.metrics.connections;
        connections.get_or_create_owned(&At { endpoint })
    }

    /// Closes every connection, because the service is going away: one after the
    /// other, so that they do not all come back at the same moment.
    pub(crate) async fn close_all(&self, over: Duration) {
        let outboxes: Vec<_> = {
            let connections = self.connections.lock();
            connections
                .values()
                .map(|each| each.outbox.clone())
                .collect()
        };
        let most = over.as_millis() / DRAIN_TICK.as_millis();
        let steps = usize::try_from(most).unwrap_or(usize::MAX);
        let steps = steps.clamp(1, outboxes.len().max(1));
        let pause = over / u32::try_from(steps).unwrap_or(u32::MAX);
        for (step, some) in (0..).zip(outboxes.chunks(outboxes.len().div_ceil(steps).max(1))) {
            if step > 0 {
                sleep(pause).await;
            }
            some.iter()
                .for_each(|outbox| outbox.close(Close::GOING_AWAY));
        }
    }

    /// The join was answered, and what was missed up to `since` delivered: what
    /// was told in the room since then follows, and from here on the seat hears
    /// the room. `revision` is that of the room it joined.
    pub(crate) fn seat(&self, session: SessionId, room: RoomId, since: Seq, revision: Revision) {
        if let Some(audience) = self.audience(room) {
            audience.lock().seat(session, since, revision);
        }
    }

    /// Sends off what was told in the room: one pass over all who hear it. Who
    /// comes while somebody is at it leaves the rest to a task of its own, lest
    /// one connection work for all the others.
    pub(crate) fn flush(&self, room: RoomId) {
        let Some(audience) = self.audience(room) else {
            return;
        };
        let Some(flush) = audience.lock().begin_flush() else {
            return;
        };
        flush.pass(&self.metrics);
        let Some(mut flush) = audience.lock().flush_again() else {
            return;
        };
        let metrics = self.metrics.clone();
        self.flushing.spawn(async move {
            loop {
                flush.pass(&metrics);
                tokio::task::yield_now().await;
                match audience.lock().flush_again() {
                    Some(more) => flush = more,
                    None => return,
                }
            }
        });
    }

    fn audience(&self, room: RoomId) -> Option<Arc<Mutex<Audience>>> {
        self.rooms.read().get(&room).cloned()
    }

    fn outbox(&self, session: SessionId) -> Option<Arc<Outbox>> {
        let connections = self.connections.lock();
        connections
            .get(&session)
            .map(|connection| connection.outbox.clone())
    }

    fn deliver(&self, homeless: Vec<Homeless>) {
        for (session, frame) in homeless {
            if let Some(outbox) = self.outbox(session) {
                outbox.push(frame);
                outbox.flush();
            }
        }
    }

    /// Takes a seat away. Whoever it was taken from gets `word` of it, lest it
    /// comes behind the answer to leaving, and is returned.
    fn unseat(
        &self,
        session: SessionId,
        room: RoomId,
        word: impl FnOnce(&Outbox),
    ) -> Option<Arc<Outbox>> {
        let (outbox, homeless) = {
            let mut rooms = self.rooms.write();
            let mut audience = rooms.get(&room)?.lock();
            let outbox = audience.leave(session);
            if let Some(outbox) = &outbox {
                word(outbox);
            }
            let homeless = audience.abandon_if_empty();
            let empty = homeless.is_some();
            drop(audience);
            if empty {
                rooms.remove(&room);
            }
            (outbox, homeless)
        };
        self.deliver(homeless.unwrap_or_default());
        outbox
    }
}

#[async_trait]
impl Events for Hub {
    fn hold(&self, seat: Seat) {
        let Some(outbox) = self.outbox(seat.session) else {
            return;
        };
        // Under the lock of all rooms, so that nobody takes this audience for an
        // empty one and removes it meanwhile.
        let mut rooms = self.rooms.write();
        let audience = rooms.entry(seat.room).or_default();
        outbox.forget_eviction(seat.room);
        audience.lock().hold(seat, outbox);
    }

    fn begin(&self, room: RoomId, last: Seq) -> bool {
        let Some(audience) = self.audience(room) else {
            return true;
        };
        let (begun, homeless) = audience.lock().begin(last);
        self.deliver(homeless);
        begun
    }

    fn release(&self, session: SessionId, room: RoomId) {
        if let Some(audience) = self.audience(room) {
            audience.lock().release(session);
        }
    }

    fn leave(&self, session: SessionId, room: RoomId) {
        self.unseat(session, room, |_| ());
    }

    async fn tell(&self, change: Change) -> Result<(), Seq> {
        let room = change.room.room.id;
        let Some(audience) = self.audience(room) else {
            self.deliver(audience::alone(&change));
            return Ok(());
        };
        let (turn, homeless) = audience.lock().tell(change);
        self.deliver(homeless);
        let Some(turn) = turn else { return Ok(()) };
        if timeout(FORERUNNERS, turn).await.is_ok() {
            return Ok(());
        }
        // Before anybody is seated nothing is missing.
        let since = audience.lock().last_told();
        since.map_or(Ok(()), Err)
    }

    fn fill(&self, room: RoomId, changes: Vec<(Seq, Option<Change>)>) {
        if let Some(audience) = self.audience(room) {
            let homeless = audience.lock().fill(changes);
            self.deliver(homeless);
            self.flush(room);
        }
    }

    fn catch_up(&self, room: RoomId, changes: Option<Vec<Change>>, last: Seq) {
        if changes.is_none() {
            tracing::warn!(%room, %last, "changes cannot be read: going on without them");
        }
        if let Some(audience) = self.audience(room) {
            let homeless = audience.lock().catch_up(changes, last);
            self.deliver(homeless);
            self.flush(room);
        }
    }

    fn last_told(&self, room: RoomId) -> Option<Seq> {
        self.audience(room)?.lock().last_told()
    }

    fn present(&self) -> Present {
        let mut sessions: HashMap<_, _> = self
            .connections
            .lock()
            .iter()
            .map(|(session, connection)| {
                let presence = Presence {
                    session: *session,
                    user: connection.user,
                    revision: connection.revision,
                    endpoint: connection.endpoint,
                    seats: Vec::new(),
                };
                (*session, presence)
            })
            .collect();
        let audiences: Vec<_> = self.rooms.read().values().cloned().collect();
        let mut rooms = Vec::with_capacity(audiences.len());
        for audience in audiences {
            let audience = audience.lock();
            rooms.extend(audience.expected());
            for seat in audience.seats() {
                if let Some(presence) = sessions.get_mut(&seat.session) {
                    presence.seats.push((seat.room, seat.viewer));
                }
            }
        }
        let sessions = sessions.into_values().collect();
        Present { sessions, rooms }
    }

    fn evict(&self, session: SessionId, room: RoomId, why: Eviction) {
        let frame = encode::text(&event::room_closed(room, why));
        let word = |outbox: &Outbox| outbox.evict(room, frame);
        if let Some(outbox) = self.unseat(session, room, word) {
            tracing::info!(session = session.0, %room, ?why, "evicted from a room");
            let reason = event::reason(why);
            self.metrics.evictions.get_or_create(&Why { reason }).inc();
            outbox.flush();
        }
    }

    fn expel(&self, session: SessionId, why: Refusal) {
        if let (Some(outbox), Some(close)) = (self.outbox(session), Close::after(&why)) {
            tracing::info!(session = session.0, ?why, "expelled");
            outbox.close(close);
        }
    }
}

#[cfg(test)]
mod tests;
