//! Responses: what the author of a request receives alone.

mod envelope;
mod message;
mod profile;
mod published;
mod refusal;
mod room;
mod value;

use aftermatch_ports::model::{RoomId, Seq, Tag};
use schemars::JsonSchema;
use serde::Serialize;

pub use self::{
    envelope::Frame,
    message::{page, range},
    profile::ReadyParticipants,
    refusal::{handshake_refused, malformed, refused},
    room::{RoomList, current_room, joined},
};
pub(crate) use self::{
    envelope::{Data, NoErrors, RequestId, Response, action, status},
    profile::User,
    published::published,
    refusal::Refusal,
    room::Room,
    value::{EventNumber, Time},
};
use crate::action::Action;

/// The room that was left.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(inline, deny_unknown_fields)]
struct LeftRoom {
    #[schemars(regex(pattern = r"^leaved room -?[0-9]+ successfully!$"))]
    response: String,
}

impl Data for LeftRoom {
    const ACTION: &'static str = Action::LeaveRoom.as_str();
}

/// The answer to `leave_room`.
pub fn left(request_id: &Tag, room: RoomId) -> impl Frame {
    let response = format!("leaved room {room} successfully!");
    Response::new(request_id, LeftRoom { response })
}

/// Up to where the user has read.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(inline, deny_unknown_fields)]
struct ReadPosition {
    /// The room's `pk`.
    room_id: i64,
    /// The last event that was read.
    seq: EventNumber,
}

impl Data for ReadPosition {
    const ACTION: &'static str = Action::MarkRead.as_str();
}

/// The answer to `mark_read`.
pub fn read(request_id: &Tag, room: RoomId, seq: Seq) -> impl Frame {
    let position = ReadPosition {
        room_id: room.0,
        seq: seq.into(),
    };
    Response::new(request_id, position)
}
