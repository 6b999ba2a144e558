//! The subscribers of one room, and the room's events on their way to them.
//!
//! Invariants:
//! 1. `position` is the log that is delivered here, and the number of the event to
//!    deliver next, which only grows. An event is delivered when it is of this log and
//!    its number is next. One that comes earlier waits in `pending`. Nothing is
//!    stepped over: what cannot be delivered in its turn ends the seats.
//! 2. The position is not known before the first subscriber is anchored. Until then
//!    every event waits in `pending`.
//! 3. A subscriber whose join has not been answered receives nothing: its frames are
//!    buffered, and delivered when the seat becomes active. So no event comes before
//!    the join response and none after it is lost.
//! 4. The notice that a seat was taken away is queued under this channel's lock, with
//!    the removal of the seat. So it cannot follow the response to `leave_room`, and
//!    no event follows it, except the response to the session's own request.
//! 5. The requester receives its response exactly once, whether it has a seat or not.
//!    The task that waits for the turn of an event goes on only after that.
//! 6. Without subscribers nothing is delivered here. The hub drops such a channel.
//! 7. While an event is missing (`gap`) or the log is in doubt (`doubt`), the hub
//!    knows `deadline`, and looks at this room then. A deadline is never later than the
//!    next time at which either is due.
//! 8. All numbers here are of one log. When the log ends, every seat in it ends, and
//!    the channel is as if new. What remains are reservations. They have lost what was
//!    buffered; those that are anchored in the log that ended are revoked, so that
//!    none becomes active in another log than the one its join response named.

mod after;
mod closing;
mod delivering;
mod events;
mod gap;
mod pending;
mod received;
mod reply;
mod seating;
mod signals;
mod subscriber;

use std::sync::Arc;

use aftermatch_ports::model::{Epoch, LogHead, Revision, RoomId, Seat, Seq, Timestamp};
use aftermatch_protocol::response::ReadyParticipants;
use tokio::time::Instant;

pub(super) use self::{
    after::{After, Closed},
    reply::{DirectReply, reply_only},
};
use self::{
    gap::Wait, pending::Pending, received::Received, signals::RoomSignals, subscriber::Subscriber,
};
use super::{connection::Connection, pass::Pass};

#[derive(Default)]
pub(super) struct RoomChannel {
    subscribers: Vec<Subscriber>,
    /// Invariants 1 and 2.
    position: Option<Position>,
    /// How far the log goes, as far as this is known.
    expected: Option<LogHead>,
    /// The time of the latest event delivered.
    latest: Option<Timestamp>,
    /// Events that came before their turn.
    pending: Pending,
    /// There while the next event is missing.
    gap: Option<Wait>,
    /// There after an event of another log came.
    doubt: Option<Wait>,
    /// Invariant 7.
    deadline: Option<Instant>,
    /// Events that every seat received as those who requested them do.
    received: Option<Box<Received>>,
    /// What is in no log.
    signals: RoomSignals,
    /// The JSON of the room's participants at one of its revisions.
    participants: Option<(Revision, ReadyParticipants)>,
    /// The connections of all subscribers, listed when they are needed.
    recipients: Option<Arc<[Arc<Connection>]>>,
    /// When the first event was delivered that no pass has begun to send.
    unsent: Option<Instant>,
    /// Whether a pass is running.
    flushing: bool,
}

/// Where in which log delivery is.
#[derive(Clone, Copy)]
struct Position {
    epoch: Epoch,
    /// The first event delivered here.
    first: Seq,
    /// The event to deliver next.
    next: Seq,
}

impl RoomChannel {
    /// The log that is delivered here, and the last event delivered.
    pub(super) fn delivered(&self) -> Option<LogHead> {
        let Position { epoch, next, .. } = self.position?;
        let last_seq = next.before();
        Some(LogHead { epoch, last_seq })
    }

    pub(super) fn seats(&self) -> impl Iterator<Item = Seat> {
        self.subscribers.iter().map(|subscriber| subscriber.seat)
    }

    fn room(&self) -> Option<RoomId> {
        Some(self.subscribers.first()?.seat.room)
    }
}

/// Sending.
impl RoomChannel {
    /// Begins to send, unless there is nothing to send or a pass is running, which
    /// will be followed by another.
    pub(super) fn begin_pass(&mut self) -> Option<Pass> {
        if self.flushing {
            return None;
        }
        self.next_pass()
    }

    /// Continues to send, if something was delivered during the last pass.
    pub(super) fn next_pass(&mut self) -> Option<Pass> {
        let since = self.unsent.take();
        self.flushing = since.is_some();
        let subscribers = &self.subscribers;
        let list = || subscribers.iter().map(|each| each.connection.clone());
        Some(Pass {
            since: since?,
            recipients: self
                .recipients
                .get_or_insert_with(|| list().collect())
                .clone(),
        })
    }
}
