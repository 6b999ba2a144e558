//! Rooms.

use aftermatch_ports::{
    Missed,
    model::{BrandId, LogHead, RequestId, RoomView, Seq, UserId},
};
use schemars::JsonSchema;
use serde::Serialize;

use super::{
    envelope::{Data, Frame, Response},
    profile::{Participants, ReadyParticipants},
    value::{EventNumber, ReadPositionShape, brand_ids, read_positions},
};
use crate::action::Action;

/// A room.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "room", deny_unknown_fields)]
pub(crate) struct RoomShape<'a> {
    /// The room's id.
    pk: i64,
    participants: Participants<'a>,
    /// Whether a participant has the business tariff now.
    has_business: bool,
    /// The room's id again. A message's `room_id` is this number.
    id: i64,
}

impl<'a> From<&'a RoomView> for RoomShape<'a> {
    fn from(view: &'a RoomView) -> Self {
        Self::new(view, Participants::Of(&view.room))
    }
}

impl<'a> RoomShape<'a> {
    pub(crate) fn ready(view: &'a RoomView, participants: &'a ReadyParticipants) -> Self {
        Self::new(view, Participants::Ready(participants))
    }

    pub(crate) fn size_hint(&self) -> usize {
        self.participants.size_hint()
    }

    fn new(view: &'a RoomView, participants: Participants<'a>) -> Self {
        Self {
            pk: view.room.id.0,
            participants,
            has_business: view.has_business,
            id: view.room.id.0,
        }
    }
}

impl Data for RoomShape<'_> {
    const ACTION: &'static str = Action::CurrentRoomInfo.as_str();
}

/// The response to `current_room_info`.
pub fn current_room(request_id: &RequestId, view: &RoomView) -> impl Frame {
    Response::new(request_id, RoomShape::from(view))
}

/// The room that was joined.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(inline, deny_unknown_fields)]
pub(crate) struct JoinedRoom<'a> {
    #[serde(flatten)]
    room: RoomShape<'a>,
    /// The number of the room's last event. The connection receives the events after it.
    last_seq: EventNumber,
    /// In which log of the room events have these numbers. Send it back with `since_seq`.
    epoch: String,
    /// Only after a request with `since_seq`: whether a replay follows. If not, read
    /// the room again.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "bool")]
    resumed: Option<bool>,
    /// Which of the brands are online, for those who follow `presence`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Vec<i64>")]
    online: Option<Vec<i64>>,
    /// How far users have read the room, for those who follow `read_positions`. One who has
    /// read nothing is left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Vec<ReadPositionShape>")]
    read_positions: Option<Vec<ReadPositionShape>>,
}

impl Data for JoinedRoom<'_> {
    const ACTION: &'static str = Action::JoinRoom.as_str();
}

/// The response to `join_room`. `online` and `read_by` are for those who follow them.
pub fn joined(
    request_id: &RequestId,
    view: &RoomView,
    head: LogHead,
    missed: &Missed,
    online: Option<&[BrandId]>,
    read_by: Option<&[(UserId, Seq)]>,
) -> impl Frame {
    let room = JoinedRoom {
        room: view.into(),
        last_seq: head.last_seq.into(),
        epoch: head.epoch.to_string(),
        resumed: match missed {
            Missed::NotRequested => None,
            Missed::TooMuch => Some(false),
            Missed::Events(_) => Some(true),
        },
        online: online.map(brand_ids),
        read_positions: read_by.map(read_positions),
    };
    Response::new(request_id, room)
}
