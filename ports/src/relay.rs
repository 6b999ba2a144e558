use aftermatch_model::{RequestId, RoomEvent, RoomId, Seq};
use async_trait::async_trait;

/// Events between the processes of this service that share one store.
///
/// The relay only makes delivery fast. Events may be lost, doubled or out of
/// order on it; the store has them all.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait Relay: Send + Sync {
    /// Sends an event that this process committed to the other processes, if there
    /// are any. Does not wait until it is sent.
    fn publish(&self, event: &RoomEvent);

    /// Waits for events that other processes committed.
    ///
    /// One task at a time calls this, again and again: an adapter may do its work
    /// only while this is polled.
    async fn receive(&self) -> Vec<RemoteEvent>;
}

/// An event that another process committed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RemoteEvent {
    /// The room.
    pub room: RoomId,
    /// The number of the event.
    pub seq: Seq,
    /// The `request_id` of the request that caused it.
    pub request_id: RequestId,
}
