use aftermatch_model::{Epoch, Eviction, LogHead, RoomEvent, RoomId};
use async_trait::async_trait;

/// Delivery of committed events to everyone joined.
///
/// Every session receives the events of a room in the order of their `seq`, each
/// once and none left out, in whatever order these methods are called. An event
/// whose predecessor is missing waits; the room is then [overdue](Self::overdue)
/// after a moment. What has waited too long, or too much of it, ends the seats of
/// the room: nobody stays seated who has not received everything.
///
/// What is delivered is also sent: no caller has to flush anything.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait Broadcast: Send + Sync {
    /// Delivers an event that this process committed: to everyone joined who may
    /// see the room as it was at the commit, and to the requester wherever it is.
    ///
    /// Must be called for every committed event, and be awaited to its end. Returns
    /// when the requester was answered; an event that comes early waits for its
    /// predecessors.
    async fn broadcast(&self, event: RoomEvent);

    /// Delivers events of one room that another process committed or that were read
    /// from the log, each in its turn. Those that were delivered before are ignored.
    fn insert(&self, events: Vec<RoomEvent>);

    /// The log of `room` goes this far, at least: events up to there that do not
    /// come are missing.
    fn expect(&self, room: RoomId, head: LogHead);

    /// Waits for a room in which an event is missing, and returns what was delivered
    /// there: read the log from there on and [insert](Self::insert) what it has, or
    /// [close](Self::close) the room. A room that is still overdue is returned again
    /// after a pause. Any number of tasks may call this.
    async fn overdue(&self) -> (RoomId, LogHead);

    /// Takes away every seat in `room`, if its events are delivered from the log of
    /// `epoch`, and sends the reason.
    fn close(&self, room: RoomId, epoch: Epoch, reason: Eviction);

    /// What was delivered in `room`, the log and its last event; `None` if nobody
    /// here has joined it.
    fn delivered(&self, room: RoomId) -> Option<LogHead>;
}
