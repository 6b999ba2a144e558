//! Who is a subscriber.

use std::sync::Arc;

use aftermatch_ports::model::{Seat, Seq, SessionId};
use bytes::Bytes;

use super::{RoomChannel, subscriber::Subscriber};
use crate::delivery::connection::Connection;

impl RoomChannel {
    /// Starts buffering for a new seat, or for the one that the session has.
    pub(in crate::delivery) fn reserve(&mut self, seat: Seat, connection: Arc<Connection>) {
        connection.reserve(seat.room);
        match self.subscriber(seat.session) {
            Some(subscriber) => subscriber.reserve_again(seat),
            None => {
                self.recipients = None;
                self.subscribers.push(Subscriber::reserve(seat, connection));
            }
        }
    }

    /// Makes the session's reserved seat active: it receives what follows event
    /// `joined`. If it was taken away meanwhile, it is removed instead (invariant 4), and
    /// its connection returned.
    pub(in crate::delivery) fn activate(
        &mut self,
        session: SessionId,
        joined: Seq,
    ) -> Option<Arc<Connection>> {
        let is_active = self.subscriber(session)?.activate(joined);
        if is_active {
            self.show_typing_to(session);
            None
        } else {
            self.remove(session)
        }
    }

    /// Ends the session's reservation. A seat that it had before remains, unless it
    /// was taken away meanwhile: then its connection is returned.
    pub(in crate::delivery) fn cancel(&mut self, session: SessionId) -> Option<Arc<Connection>> {
        let subscriber = self.subscriber(session)?;
        let was_active = subscriber.is_active();
        if subscriber.cancel() {
            return None;
        }
        self.remove(session).filter(|_| was_active)
    }

    /// Removes the session's seat.
    pub(in crate::delivery) fn remove(&mut self, session: SessionId) -> Option<Arc<Connection>> {
        let mut subscribers = self.subscribers.iter();
        let index = subscribers.position(|subscriber| subscriber.seat.session == session)?;
        self.recipients = None;
        let Subscriber {
            seat, connection, ..
        } = self.subscribers.remove(index);
        connection.leave(seat.room);
        Some(connection)
    }

    /// Takes the session's seat away. Invariant 4: an active seat is removed at
    /// once; the notice to a reserved one follows its join response.
    pub(in crate::delivery) fn evict(
        &mut self,
        session: SessionId,
        notice: impl FnOnce() -> Bytes,
    ) -> Option<Arc<Connection>> {
        let subscriber = self.subscriber(session)?;
        if subscriber.is_reserved() {
            return subscriber
                .revoke(notice)
                .then(|| subscriber.connection.clone());
        }
        subscriber.connection.outbox().push(notice());
        self.remove(session)
    }

    pub(super) fn subscriber(&mut self, session: SessionId) -> Option<&mut Subscriber> {
        let mut subscribers = self.subscribers.iter_mut();
        subscribers.find(|subscriber| subscriber.seat.session == session)
    }
}
