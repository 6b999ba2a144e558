//! What those receive who follow more than the joined room.

use aftermatch_ports::{
    Summary,
    model::{BrandId, Eviction, RoomId, Seq, Timestamp, UserId},
};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Serialize;

use super::notice::{notice, reason};
use crate::response::{
    envelope::{Data, Frame},
    message::MessageShape,
    room::RoomShape,
    room_list::ListedRoomShape,
    value::{EventNumber, ReadPositionShape, Time, brand_ids, read_positions},
};

/// The newest state of a room.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(inline, deny_unknown_fields)]
pub(crate) struct RoomChanged<'a> {
    /// The room's `pk`.
    room_pk: i64,
    /// The number of the room's last event.
    last_seq: EventNumber,
    /// How many messages of others the user has not read there, up to 1,000; missing for
    /// an administrator.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "u64")]
    unread: Option<u64>,
    /// The user's own read position; missing for an administrator.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "EventNumber")]
    read_seq: Option<EventNumber>,
    last_message: Option<MessageShape<'a>>,
    /// The room, if it has changed: its participants or their tariffs, `frozen`, `kind` or
    /// `pen`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "RoomShape<'static>")]
    room: Option<RoomShape<'a>>,
    /// Which of the brands are online, for those who follow `presence`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Vec<i64>")]
    online: Option<Vec<i64>>,
    /// How far users have read the room, for those who follow `read_positions`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Vec<ReadPositionShape>")]
    read_positions: Option<Vec<ReadPositionShape>>,
}

impl Data for RoomChanged<'_> {
    const ACTION: &'static str = "room_changed";
}

/// The newest state of a room. `online`: its brands that are online, if the receiver
/// follows that.
pub fn room_changed<'a>(
    summary: &'a Summary,
    with_room: bool,
    online: Option<&[BrandId]>,
    with_read_positions: bool,
) -> impl Frame + 'a {
    let listed = &summary.listed;
    notice(RoomChanged {
        room_pk: listed.view.room.id.0,
        last_seq: listed.last_seq.into(),
        unread: listed.unread,
        read_seq: listed.read_seq.map(EventNumber::from),
        last_message: listed.last_message.as_ref().map(MessageShape::from),
        room: with_room.then(|| (&listed.view).into()),
        online: online.map(brand_ids),
        read_positions: with_read_positions.then(|| read_positions(&summary.read_positions)),
    })
}

/// A room that has come into reach.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(transparent)]
#[schemars(inline)]
pub(crate) struct RoomAdded<'a>(ListedRoomShape<'a>);

impl Data for RoomAdded<'_> {
    const ACTION: &'static str = "room_added";
}

/// A room has come into reach.
pub fn room_added<'a>(summary: &'a Summary, online: Option<&[BrandId]>) -> impl Frame + 'a {
    notice(RoomAdded(ListedRoomShape::new(&summary.listed, online)))
}

/// A room that is out of reach.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(inline, deny_unknown_fields)]
pub(crate) struct RoomRemoved {
    /// The room's `pk`.
    room_pk: i64,
    #[schemars(schema_with = "reasons")]
    reason: &'static str,
}

impl Data for RoomRemoved {
    const ACTION: &'static str = "room_removed";
}

/// Every way in which a room goes out of reach.
pub(crate) const REMOVALS: [Eviction; 3] = [
    Eviction::BrandRemoved,
    Eviction::RoomRemoved,
    Eviction::BrandLost,
];

fn reasons(_: &mut SchemaGenerator) -> Schema {
    json_schema!({"enum": REMOVALS.map(reason)})
}

/// A room is out of reach.
pub fn room_removed(room: RoomId, eviction: Eviction) -> impl Frame {
    notice(RoomRemoved {
        room_pk: room.0,
        reason: reason(eviction),
    })
}

/// Who is typing.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(inline, deny_unknown_fields)]
pub(crate) struct TypingUsers {
    /// The room's `pk`.
    room_pk: i64,
    /// All who are typing there now.
    user_ids: Vec<i64>,
}

impl Data for TypingUsers {
    const ACTION: &'static str = "typing";
}

/// These users are typing in the joined room, and nobody else.
pub fn typing(room: RoomId, users: impl IntoIterator<Item = UserId>) -> impl Frame {
    notice(TypingUsers {
        room_pk: room.0,
        user_ids: users.into_iter().map(|user| user.0).collect(),
    })
}

/// A brand has come or gone.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(inline, deny_unknown_fields)]
pub(crate) struct PresenceChanged {
    brand_id: i64,
    /// Whether it has a connection.
    online: bool,
    /// When its last connection ended. Missing if it is online.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Time")]
    last_seen: Option<Time>,
}

impl Data for PresenceChanged {
    const ACTION: &'static str = "presence";
}

/// A brand is online, or has not been since `last_seen`.
pub fn presence(brand: BrandId, last_seen: Option<Timestamp>) -> impl Frame {
    notice(PresenceChanged {
        brand_id: brand.0,
        online: last_seen.is_none(),
        last_seen: last_seen.map(Time),
    })
}

/// The read position of a user has moved.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(inline, deny_unknown_fields)]
pub(crate) struct ReadMoved {
    /// The room's `pk`.
    room_pk: i64,
    user_id: i64,
    /// The number of the last event that the user has read.
    seq: EventNumber,
}

impl Data for ReadMoved {
    const ACTION: &'static str = "read";
}

/// A user has read the room up to `seq`.
pub fn read(room: RoomId, user: UserId, seq: Seq) -> impl Frame {
    notice(ReadMoved {
        room_pk: room.0,
        user_id: user.0,
        seq: seq.into(),
    })
}
