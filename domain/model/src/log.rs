use crate::{EventKind, RequestId, Seq, Timestamp, UserId};

/// An event as the log of a room has it, exactly as it was: with the text of that
/// moment, whatever happened to the message later.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoggedEvent {
    /// Its number in the room.
    pub seq: Seq,
    /// Who did it.
    pub by: UserId,
    /// When it was committed, by the clock of the store.
    pub at: Timestamp,
    /// The `request_id` of the request that caused it.
    pub request_id: RequestId,
    /// What happened. Of a deletion only what was deleted.
    pub kind: EventKind,
}
