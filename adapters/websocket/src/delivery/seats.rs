//! Who has joined which room.
//!
//! Invariants:
//! 1. A room has a channel while somebody has joined it or is about to, and is wanted
//!    from other processes at once for exactly this time. Both change under the lock on all
//!    rooms, so that the relay learns of the changes in their order, and nobody joins
//!    a channel that is dropped.
//! 2. A seat is reserved, and so the room wanted, before its log is read: an event that
//!    the reading misses is received.

use std::sync::Arc;

use aftermatch_ports::{
    Seats,
    model::{Eviction, LogHead, RoomId, Seat, Seq, SessionId},
};
use aftermatch_protocol::event;

use super::{connection::Connection, hub::Hub, room_channel::RoomChannel};
use crate::encode;

impl Hub {
    /// Gives up the session's seat in `room`, active or reserved.
    pub(super) fn remove_seat(&self, session: SessionId, room: RoomId) -> Option<Arc<Connection>> {
        self.with_channel(room, |channel| channel.remove(session))
            .flatten()
    }

    /// Changes who has joined `room`, and drops its channel if nobody is left:
    /// invariant 1.
    pub(super) fn with_channel<T>(
        &self,
        room: RoomId,
        change: impl FnOnce(&mut RoomChannel) -> T,
    ) -> Option<T> {
        let (changed, abandoned) = {
            let mut rooms = self.rooms.write();
            let mut channel = rooms.get(&room)?.lock();
            let changed = change(&mut channel);
            let abandoned = channel.abandon_if_empty();
            drop(channel);
            if abandoned.is_some() {
                rooms.remove(&room);
                self.wants.joined(room, false);
            }
            (changed, abandoned.unwrap_or_default())
        };
        self.reply(abandoned.replies);
        Some(changed)
    }
}

impl Seats for Hub {
    fn room_of(&self, session: SessionId) -> Option<RoomId> {
        self.connections.read().get(&session)?.joined()
    }

    fn reserve(&self, seat: Seat) {
        let Some(connection) = self.connection(seat.session) else {
            return;
        };
        // Invariant 1.
        let mut rooms = self.rooms.write();
        let channel = rooms.entry(seat.room);
        let channel = channel.or_insert_with(|| self.new_channel(seat.room));
        channel.lock().reserve(seat, connection);
    }

    fn anchor(&self, session: SessionId, room: RoomId, head: LogHead) -> bool {
        let Some(channel) = self.channel(room) else {
            return true;
        };
        let (reached, after) = channel.lock().anchor(session, head);
        self.finish(room, after);
        reached
    }

    fn activate(&self, session: SessionId, room: RoomId, joined: Seq) {
        let lost = self.with_channel(room, |channel| channel.activate(session, joined));
        if let Some(connection) = lost.flatten() {
            self.seat_lost(&connection, room);
        }
    }

    fn cancel(&self, session: SessionId, room: RoomId) {
        let lost = self.with_channel(room, |channel| channel.cancel(session));
        if let Some(connection) = lost.flatten() {
            self.seat_lost(&connection, room);
        }
    }

    fn leave(&self, session: SessionId) -> Option<RoomId> {
        let room = self.room_of(session)?;
        // Another thread may have taken the seat away: then there is nothing to
        // leave, and the notice is in the outbox already.
        let left = self.remove_seat(session, room)?;
        self.seat_lost(&left, room);
        Some(room)
    }

    fn unsubscribe(&self, session: SessionId, room: RoomId, reason: Eviction) {
        let notice = || encode::text(&event::room_closed(room, reason));
        let evicted = self.with_channel(room, |channel| channel.evict(session, notice));
        if let Some(connection) = evicted.flatten() {
            tracing::info!(session = session.0, %room, ?reason, "evicted from a room");
            self.metrics().evicted(event::reason(reason), 1);
            connection.outbox().flush();
            self.seat_lost(&connection, room);
        }
    }
}
