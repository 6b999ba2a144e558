use std::{collections::HashMap, sync::Arc, time::Duration};

use aftermatch_ports::{
    Interest,
    model::{BrandId, Endpoint, Room, RoomId, Session, SessionId, Viewer},
};
use aftermatch_protocol::{close::Close, endpoint};
use parking_lot::RwLock;
use prometheus_client::{metrics::gauge::Gauge, registry::Registry};
use tokio::time::sleep;
use tokio_util::task::TaskTracker;

use super::{
    connection::Connection,
    deadlines::Deadlines,
    flush::{Channel, Flusher},
    followers::{Followers, JoiningLean},
    loads::Loads,
    online_brands::OnlineBrands,
    wants::Wants,
};
use crate::{
    metrics::{self, EndpointLabel, Metrics},
    transport::Outbox,
};

/// How often some connections are closed when all are to be closed.
const DRAIN_TICK: Duration = Duration::from_millis(20);

/// Every connection of this process, and every joined room.
pub struct Hub {
    pub(super) connections: RwLock<HashMap<SessionId, Arc<Connection>>>,
    pub(super) rooms: RwLock<HashMap<RoomId, Arc<Channel>>>,
    pub(super) deadlines: Deadlines<RoomId>,
    pub(super) wants: Arc<Wants>,
    pub(super) followers: Followers,
    pub(super) loads: Loads,
    pub(super) online: OnlineBrands,
    flusher: Arc<Flusher>,
}

/// The entry of a connection in the hub. When it is dropped, the connection is
/// removed from the hub and its seat is given up.
pub(crate) struct Registration {
    hub: Arc<Hub>,
    connection: Arc<Connection>,
}

impl Hub {
    /// A hub without connections.
    #[must_use]
    pub fn new(interest: Arc<dyn Interest>) -> Self {
        let wants = Arc::new(Wants::new(interest.clone()));
        Self {
            connections: RwLock::default(),
            rooms: RwLock::default(),
            deadlines: Deadlines::default(),
            followers: Followers::new(wants.clone()),
            loads: Loads::default(),
            online: OnlineBrands::new(interest),
            wants,
            flusher: Arc::default(),
        }
    }

    /// Adds the metrics of the adapter to `registry`.
    pub fn register_metrics(&self, registry: &mut Registry) {
        metrics::register(registry, self.metrics());
    }

    pub(crate) fn metrics(&self) -> &Arc<Metrics> {
        &self.flusher.metrics
    }

    /// Adds a connection, until the registration is dropped.
    pub(crate) fn connect(self: &Arc<Self>, session: &Session, outbox: Outbox) -> Registration {
        let connection = Arc::new(Connection::new(session, outbox));
        self.open_connections(session.endpoint).inc();
        let mut connections = self.connections.write();
        connections.insert(session.id, connection.clone());
        drop(connections);
        if let Viewer::Brand(brand) = session.viewer {
            self.online.connected(brand);
        }
        Registration {
            hub: self.clone(),
            connection,
        }
    }

    fn open_connections(&self, endpoint: Endpoint) -> Gauge {
        let endpoint = endpoint::name(endpoint);
        let connections = &self.metrics().connections;
        connections.get_or_create_owned(&EndpointLabel { endpoint })
    }

    /// Closes every connection, because the service stops: one after the other, so
    /// that the clients do not all reconnect at the same moment.
    pub(crate) async fn close_all(&self, over: Duration) {
        let connections: Vec<_> = self.connections.read().values().cloned().collect();
        let max_ticks = over.as_millis() / DRAIN_TICK.as_millis();
        let ticks = usize::try_from(max_ticks).unwrap_or(usize::MAX);
        let ticks = ticks.clamp(1, connections.len().max(1));
        let pause = over / u32::try_from(ticks).unwrap_or(u32::MAX);
        let batch_size = connections.len().div_ceil(ticks).max(1);
        for (tick, batch) in connections.chunks(batch_size).enumerate() {
            if tick > 0 {
                sleep(pause).await;
            }
            for connection in batch {
                connection.outbox().close(Close::GOING_AWAY);
            }
        }
    }

    /// Those of the room's brands that are online, if the connection follows presence.
    pub(crate) fn online_for(&self, connection: &Connection, room: &Room) -> Option<Vec<BrandId>> {
        connection.receives().presence.then(|| self.online.of(room))
    }

    /// A join that asks for new messages without the room is in progress, until what is
    /// returned is dropped.
    pub(crate) fn joining_lean(&self, connection: &Connection) -> JoiningLean<'_> {
        self.followers.joining_lean(connection.scope())
    }

    /// The connection has joined `room`. `is_lean`: it receives new messages without it.
    pub(crate) fn joined(&self, connection: &Connection, room: RoomId, is_lean: bool) {
        if !is_lean {
            self.followers.not_lean(connection, room);
        } else if let Some(connection) = self.connection(connection.session) {
            self.followers.lean(&connection, room);
        }
    }

    /// The connection has no seat in `room` any more.
    pub(super) fn seat_lost(&self, connection: &Connection, room: RoomId) {
        self.followers.left(connection, room);
        self.typed_no_more(connection, room);
    }

    pub(super) fn tasks(&self) -> &TaskTracker {
        &self.flusher.tasks
    }

    pub(super) fn connection(&self, session: SessionId) -> Option<Arc<Connection>> {
        self.connections.read().get(&session).cloned()
    }

    pub(super) fn channel(&self, room: RoomId) -> Option<Arc<Channel>> {
        self.rooms.read().get(&room).cloned()
    }

    /// Invariant 1 of `seats`.
    pub(super) fn new_channel(&self, room: RoomId) -> Arc<Channel> {
        self.wants.joined(room, true);
        Arc::new(Channel::new(self.flusher.clone()))
    }
}

impl Registration {
    pub(crate) fn connection(&self) -> &Arc<Connection> {
        &self.connection
    }
}

impl Drop for Registration {
    fn drop(&mut self) {
        let Self { hub, connection } = self;
        hub.followers.remove(connection.session);
        if let Some(room) = connection.joined() {
            hub.remove_seat(connection.session, room);
            hub.seat_lost(connection, room);
        }
        // From now on it does not turn to another brand.
        hub.connections.write().remove(&connection.session);
        let received = connection.receives();
        hub.online.receives(received.presence, false);
        hub.wants
            .reads(connection.user, received.read_positions, false);
        if let Viewer::Brand(brand) = connection.viewer() {
            hub.online.disconnected(brand);
        }
        hub.open_connections(connection.endpoint).dec();
        connection.end();
    }
}
