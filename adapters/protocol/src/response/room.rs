//! Rooms.

use aftermatch_ports::{
    Missed,
    model::{BrandId, LogHead, Pen, RequestId, RoomKind, RoomView, Seq, UserId},
};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
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
    /// Whether the room is closed for writing, for brands and administrators alike.
    /// Missing if not.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "bool")]
    frozen: Option<bool>,
    /// What the room is for, as a word of the platform. Missing if it is `match`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "kind_shape")]
    kind: Option<&'a str>,
    /// When administrators may write: `always`, or `never`. Missing if it depends on
    /// `has_business`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "pen_shape")]
    pen: Option<&'static str>,
}

fn kind_shape(_: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "type": "string",
        "pattern": format!("^[a-z][a-z0-9_-]{{0,{}}}$", RoomKind::MAX_CHARS - 1),
    })
}

fn pen_shape(_: &mut SchemaGenerator) -> Schema {
    json_schema!({"enum": [Pen::Always.as_str(), Pen::Never.as_str()]})
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
        let room = &view.room;
        Self {
            pk: room.id.0,
            participants,
            has_business: view.has_business,
            id: room.id.0,
            frozen: room.frozen.then_some(true),
            kind: (room.kind != RoomKind::default()).then(|| room.kind.as_str()),
            pen: (room.pen != Pen::default()).then(|| room.pen.as_str()),
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

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use aftermatch_ports::model::Room;

    use super::*;
    use crate::sample;

    #[test]
    fn usual_room_has_no_keys_behind_id() {
        let usual = sample::room();
        let unusual = RoomView {
            room: Arc::new(Room {
                kind: RoomKind::new("support").expect("a valid kind"),
                pen: Pen::Never,
                frozen: true,
                ..Room::clone(&usual.room)
            }),
            ..usual.clone()
        };
        for (view, end) in [
            (usual, r#""has_business":true,"id":1}"#),
            (
                unusual,
                r#""has_business":true,"id":1,"frozen":true,"kind":"support","pen":"never"}"#,
            ),
        ] {
            let json = serde_json::to_string(&RoomShape::from(&view)).expect("a room");
            assert!(json.ends_with(end), "{json}");
        }
    }
}
