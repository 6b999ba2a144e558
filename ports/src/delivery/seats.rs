use aftermatch_model::{Eviction, LogHead, RoomId, Seat, Seq, SessionId};

/// Which session has joined which room. This is the only record of it.
///
/// A join goes through a [`Reservation`](crate::Reservation): *reserve* starts
/// buffering the room's events for the session, *anchor* ties the buffer to the
/// state that was read, *activate* delivers what was buffered and everything after
/// it, *cancel* undoes the reservation.
#[cfg_attr(feature = "mock", mockall::automock)]
pub trait Seats: Send + Sync {
    /// The room that the session has joined.
    fn room_of(&self, session: SessionId) -> Option<RoomId>;

    /// Starts buffering the room's events for this session. Nothing is delivered
    /// before [`Seats::activate`]. The session may have the seat already.
    fn reserve(&self, seat: Seat);

    /// The room was read for the session's reserved seat, up to `head`. The first
    /// subscriber of a room sets the log and the first event number delivered here:
    /// `head.last_seq + 1`. Returns `false` if delivery already started later: read
    /// the room again and anchor again. If delivery started in another log, that log
    /// has ended: seats in it are taken away.
    fn anchor(&self, session: SessionId, room: RoomId, head: LogHead) -> bool;

    /// The join response and the replay are in the session's outbox: delivers what
    /// was buffered after event `joined`, and every event from now on.
    fn activate(&self, session: SessionId, room: RoomId, joined: Seq);

    /// Ends a reservation without a join. A seat that the session had before
    /// remains, and receives what was buffered.
    fn cancel(&self, session: SessionId, room: RoomId);

    /// Gives up the session's active seat and returns its room. A reservation
    /// remains.
    fn leave(&self, session: SessionId) -> Option<RoomId>;

    /// Takes the session's seat in `room` away and sends the session the reason.
    fn unsubscribe(&self, session: SessionId, room: RoomId, reason: Eviction);
}
