//! Frames for one session that it did not request.

use aftermatch_ports::model::{Eviction, RoomId};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Serialize;

use crate::response::envelope::{Data, Frame, NoErrors, action, status};

/// A frame for one session.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(inline, deny_unknown_fields, bound = "D: Data")]
pub(crate) struct Notice<D> {
    errors: NoErrors,
    data: D,
    #[schemars(schema_with = "action::<D>")]
    action: &'static str,
    #[schemars(schema_with = "status::<D>")]
    response_status: u16,
    request_id: (),
}

impl<D: Serialize> Frame for Notice<D> {}

/// The end of a seat.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(inline, deny_unknown_fields)]
pub(crate) struct RoomClosed {
    /// The room's `pk`.
    room_pk: i64,
    /// After `restarted` and `behind`: join again, with the last `seq` that was received
    /// before this frame, and the `epoch` of the last join. After the others the
    /// right has ended.
    #[schemars(schema_with = "reasons")]
    reason: &'static str,
}

impl Data for RoomClosed {
    const ACTION: &'static str = "room_closed";
}

/// A frame with this data.
pub(super) fn notice<D: Data>(data: D) -> Notice<D> {
    Notice {
        errors: [],
        data,
        action: D::ACTION,
        response_status: D::STATUS,
        request_id: (),
    }
}

/// Every way to lose a seat.
pub(crate) const EVICTIONS: [Eviction; 5] = [
    Eviction::BrandRemoved,
    Eviction::RoomRemoved,
    Eviction::BrandLost,
    Eviction::Restarted,
    Eviction::Behind,
];

/// Why a seat was taken away, as a word.
#[must_use]
pub const fn reason(eviction: Eviction) -> &'static str {
    match eviction {
        Eviction::RoomRemoved => "room_removed",
        Eviction::BrandRemoved => "brand_removed",
        Eviction::BrandLost => "brand_lost",
        Eviction::Restarted => "restarted",
        Eviction::Behind => "behind",
    }
}

fn reasons(_: &mut SchemaGenerator) -> Schema {
    json_schema!({"enum": EVICTIONS.map(reason)})
}

/// What a session receives when it lost its seat.
pub fn room_closed(room: RoomId, eviction: Eviction) -> impl Frame {
    notice(RoomClosed {
        room_pk: room.0,
        reason: reason(eviction),
    })
}
