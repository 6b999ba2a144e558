use std::{
    mem,
    sync::{
        Arc,
        atomic::{AtomicU8, Ordering},
    },
    time::Duration,
};

use aftermatch_ports::{
    Scope,
    model::{Endpoint, Following, RoomId, Session, SessionId, UserId, Viewer},
};
use parking_lot::Mutex;
use tokio::time::Instant;

use crate::transport::Outbox;

/// How long a user is seen typing after the last request that says so.
pub(super) const TYPING: Duration = Duration::from_secs(6);

/// A connection as delivery knows it.
pub(crate) struct Connection {
    pub(super) session: SessionId,
    pub(super) user: UserId,
    pub(super) endpoint: Endpoint,
    /// The rechecks change it when the user owns another brand.
    viewer: Mutex<Viewer>,
    /// In place, because delivery touches it for every frame.
    outbox: Outbox,
    /// The bits of [`Receives`].
    receives: AtomicU8,
    rooms: Mutex<Rooms>,
    /// Rooms with events of this session that are still to be sent. `None` when the
    /// connection has ended.
    unsent: Mutex<Option<Vec<Arc<dyn Flush>>>>,
}

/// What the client has asked to receive beyond events.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Receives {
    pub(crate) typing: bool,
    pub(crate) presence: bool,
    pub(crate) read_positions: bool,
}

/// A room with events that are still to be sent.
pub(super) trait Flush: Send + Sync {
    /// Sends them to everyone who has joined the room.
    fn flush(self: Arc<Self>);
}

/// The rooms of a connection. Only the hub changes them, under the lock of the room
/// concerned.
#[derive(Default)]
struct Rooms {
    joined: Option<RoomId>,
    reserved: Option<Reserved>,
    /// Where it was typing last, and when.
    typed: Option<(RoomId, Instant)>,
}

struct Reserved {
    room: RoomId,
    /// The seat was taken away before it became active.
    revoked: bool,
}

impl Connection {
    pub(super) fn new(session: &Session, outbox: Outbox) -> Self {
        Self {
            session: session.id,
            user: session.user,
            endpoint: session.endpoint,
            viewer: Mutex::new(session.viewer),
            outbox,
            receives: AtomicU8::new(0),
            rooms: Mutex::default(),
            unsent: Mutex::new(Some(Vec::new())),
        }
    }

    /// What waits to be written to this connection.
    pub(crate) fn outbox(&self) -> &Outbox {
        &self.outbox
    }

    pub(super) fn receive(&self, following: &Following) {
        let bits = u8::from(following.typing)
            | u8::from(following.presence) << 1
            | u8::from(following.read_positions) << 2;
        self.receives.store(bits, Ordering::Relaxed);
    }

    pub(crate) fn receives(&self) -> Receives {
        let bits = self.receives.load(Ordering::Relaxed);
        Receives {
            typing: bits & 1 != 0,
            presence: bits & 2 != 0,
            read_positions: bits & 4 != 0,
        }
    }

    pub(super) fn viewer(&self) -> Viewer {
        *self.viewer.lock()
    }

    /// Returns the viewer before.
    pub(super) fn set_viewer(&self, viewer: Viewer) -> Viewer {
        mem::replace(&mut *self.viewer.lock(), viewer)
    }

    /// Whose rooms it sees.
    pub(super) fn scope(&self) -> Scope {
        match self.viewer() {
            Viewer::Admin => Scope::All,
            Viewer::Brand(brand) => Scope::Brand {
                brand,
                reader: self.user,
            },
        }
    }

    /// Sends what waits for this connection, and the events of its session to
    /// everyone who has joined their rooms.
    pub(crate) fn flush(&self) {
        self.outbox.flush();
        let unsent = self.unsent.lock().as_mut().map(mem::take);
        for room in unsent.into_iter().flatten() {
            room.flush();
        }
    }

    /// Whether the seat that is being reserved was taken away meanwhile.
    pub(crate) fn is_revoked(&self) -> bool {
        let rooms = self.rooms.lock();
        rooms.reserved.as_ref().is_some_and(|seat| seat.revoked)
    }

    /// Leaves the sending of an event in `room` to the next
    /// [`Connection::flush`]. Returns `false` if there will be none.
    pub(super) fn send_later(&self, room: Arc<dyn Flush>) -> bool {
        let mut unsent = self.unsent.lock();
        let Some(unsent) = &mut *unsent else {
            return false;
        };
        if !unsent.iter().any(|other| Arc::ptr_eq(other, &room)) {
            unsent.push(room);
        }
        true
    }

    /// Sends what is unsent. There will be no other [`Connection::flush`].
    pub(super) fn end(&self) {
        let unsent = self.unsent.lock().take();
        for room in unsent.into_iter().flatten() {
            room.flush();
        }
    }

    /// The room that the session has joined.
    pub(crate) fn joined(&self) -> Option<RoomId> {
        self.rooms.lock().joined
    }

    pub(super) fn type_in(&self, room: RoomId) {
        self.rooms.lock().typed = Some((room, Instant::now()));
    }

    /// Whether it may be seen typing in `room`.
    pub(super) fn typed_in(&self, room: RoomId) -> bool {
        let typed = self.rooms.lock().typed;
        typed.is_some_and(|(typed, at)| typed == room && at.elapsed() < TYPING)
    }

    pub(super) fn join(&self, room: RoomId) {
        self.rooms.lock().joined = Some(room);
    }

    /// The session has no seat in `room` any more.
    pub(super) fn leave(&self, room: RoomId) {
        let joined = &mut self.rooms.lock().joined;
        *joined = joined.filter(|joined| *joined != room);
    }

    pub(super) fn reserve(&self, room: RoomId) {
        self.rooms.lock().reserved = Some(Reserved {
            room,
            revoked: false,
        });
    }

    pub(super) fn revoke(&self, room: RoomId) {
        let mut rooms = self.rooms.lock();
        if let Some(seat) = rooms.reserved.as_mut().filter(|seat| seat.room == room) {
            seat.revoked = true;
        }
    }

    pub(super) fn end_reservation(&self) {
        self.rooms.lock().reserved = None;
    }
}
