use aftermatch_model::{RoomEvent, RoomId, Seq};
use async_trait::async_trait;

/// Delivery of committed events to everyone joined.
///
/// Every session receives the events of a room in the order of their `seq`, in
/// whatever order these methods are called. What is delivered is also sent: no
/// caller has to flush anything.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait Broadcast: Send + Sync {
    /// Delivers an event that this process committed: to everyone joined who may
    /// see the room as it was at the commit, and to the requester wherever it is.
    ///
    /// Must be called for every committed event, and be awaited to its end. Returns
    /// when the event was delivered; an event that comes early waits for its
    /// predecessors.
    ///
    /// # Errors
    /// If the predecessors do not come: the number after which events are missing.
    /// The event keeps waiting for [`Broadcast::backfill`].
    async fn broadcast(&self, event: RoomEvent) -> Result<(), Seq>;

    /// Delivers events that other processes committed, each in its turn. `None`:
    /// there is nothing to deliver for that number.
    fn insert_remote(&self, room: RoomId, events: Vec<(Seq, Option<RoomEvent>)>);

    /// Delivers those of `events` that were not delivered yet. After that nothing
    /// up to event `last_seq` is waited for. `None`: the events could not be read.
    fn backfill(&self, room: RoomId, events: Option<Vec<RoomEvent>>, last_seq: Seq);

    /// The number of the last event delivered in `room`; `None` if nobody here has
    /// joined it.
    fn last_delivered(&self, room: RoomId) -> Option<Seq>;
}
