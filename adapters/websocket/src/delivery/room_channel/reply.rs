use aftermatch_ports::model::{RoomEvent, SessionId};
use aftermatch_protocol::{event as frames, response::ReadyParticipants};
use bytes::Bytes;
use tokio::sync::oneshot;

use crate::encode;

/// A response for a session that has no seat in the room any more.
pub(in crate::delivery) struct DirectReply {
    pub(in crate::delivery) session: SessionId,
    pub(in crate::delivery) frame: Bytes,
    /// Dropped after the reply: the task that waits for the turn of the event goes on.
    pub(in crate::delivery) turn: Option<oneshot::Sender<()>>,
}

/// The response to the requester of an event, if it has one, for a session without
/// a seat in the room.
pub(in crate::delivery) fn reply_only(event: &RoomEvent) -> Option<DirectReply> {
    Some(DirectReply {
        session: event.requester?,
        frame: response(event, &ReadyParticipants::of(&event.room.room)),
        turn: None,
    })
}

/// The frame for the requester.
pub(super) fn response(event: &RoomEvent, participants: &ReadyParticipants) -> Bytes {
    match frames::partly_deleted(event) {
        Some(own) => encode::text(&own),
        None => encode::text(&frames::event(event, Some(participants))),
    }
}
