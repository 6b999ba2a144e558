//! Room events: what everyone joined receives without asking, and what it looks
//! like for those with another view of it.

mod data;
mod published;

use aftermatch_ports::model::{Change, Eviction, MessageId, RoomId, What};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Serialize;

use self::data::{EventData, MessageCreated, MessagesDeleted};
pub(crate) use self::published::{created, deleted, edited, room_closed as room_closed_frame};
use crate::response::{
    Data, Frame, NoErrors, ReadyParticipants, RequestId, Response, action, status,
};

/// An event as everyone joined receives it.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(inline, deny_unknown_fields, bound = "D: Data")]
pub(crate) struct Event<'a, D> {
    errors: NoErrors,
    data: D,
    #[schemars(schema_with = "action::<D>")]
    action: &'static str,
    #[schemars(schema_with = "status::<D>")]
    response_status: u16,
    #[schemars(with = "Option<RequestId>")]
    request_id: RequestId<'a>,
}

/// An event as somebody receives it later who missed it.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(inline, deny_unknown_fields, bound = "D: Data")]
pub(crate) struct Replay<D> {
    errors: NoErrors,
    data: D,
    #[schemars(schema_with = "action::<D>")]
    action: &'static str,
    #[schemars(schema_with = "status::<D>")]
    response_status: u16,
    request_id: (),
    #[schemars(schema_with = "always")]
    replay: bool,
}

/// What somebody receives alone and without having asked.
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

fn always(_: &mut SchemaGenerator) -> Schema {
    json_schema!({"const": true})
}

impl Frame for Event<'_, EventData<'_>> {
    fn size_hint(&self) -> usize {
        self.data.size_hint()
    }
}

impl Frame for Replay<EventData<'_>> {
    fn size_hint(&self) -> usize {
        self.data.size_hint()
    }
}

impl<D: Serialize> Frame for Notice<D> {}

/// The frame that everyone joined receives. `participants` are those of the room, at
/// the revision of `change`.
pub fn event<'a>(change: &'a Change, participants: &'a ReadyParticipants) -> impl Frame + 'a {
    let data = EventData::of(change, participants);
    Event {
        errors: [],
        action: data.action(),
        response_status: data.status(),
        data,
        request_id: RequestId(&change.tag),
    }
}

/// What the requester receives instead, where something could not be done.
pub fn partly_deleted(change: &Change) -> Option<impl Frame> {
    let What::Deleted { ids, missing } = &change.what else {
        return None;
    };
    let errors = [not_deleted(missing)?];
    let data = MessagesDeleted::new(change, ids);
    Some(Response::partly(&change.tag, data, errors))
}

fn not_deleted(missing: &[MessageId]) -> Option<String> {
    let ids: Vec<_> = missing.iter().map(ToString::to_string).collect();
    let sentence = format!(
        "not deleted: [{}]: already gone, not yours to delete, or not of this room",
        ids.join(",")
    );
    (!ids.is_empty()).then_some(sentence)
}

/// A message that was there before, under the same `client_msg_id`.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(transparent)]
#[schemars(inline)]
pub(crate) struct ExistingMessage<'a>(#[schemars(with = "MessageCreated<'static>")] EventData<'a>);

impl Data for ExistingMessage<'_> {
    const ACTION: &'static str = MessageCreated::ACTION;
}

/// The answer to `create_message` when the message was there before: what it is now.
pub fn existing_message<'a>(
    change: &'a Change,
    participants: &'a ReadyParticipants,
) -> impl Frame + 'a {
    let message = ExistingMessage(EventData::of(change, participants));
    Response::new(&change.tag, message)
}

/// An event that somebody missed.
pub fn replayed<'a>(change: &'a Change, participants: &'a ReadyParticipants) -> impl Frame + 'a {
    let data = EventData::of(change, participants);
    Replay {
        errors: [],
        action: data.action(),
        response_status: data.status(),
        data,
        request_id: (),
        replay: true,
    }
}

/// The end of a seat.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(inline, deny_unknown_fields)]
pub(crate) struct RoomClosed {
    /// The room's `pk`.
    room_pk: i64,
    #[schemars(schema_with = "reasons")]
    reason: &'static str,
}

impl Data for RoomClosed {
    const ACTION: &'static str = "room_closed";
}

/// Every way to lose a seat.
pub(crate) const EVICTIONS: [Eviction; 3] = [
    Eviction::BrandRemoved,
    Eviction::RoomRemoved,
    Eviction::BrandLost,
];

/// Why a seat was taken away, as a word.
#[must_use]
pub const fn reason(why: Eviction) -> &'static str {
    match why {
        Eviction::RoomRemoved => "room_removed",
        Eviction::BrandRemoved => "brand_removed",
        Eviction::BrandLost => "brand_lost",
    }
}

fn reasons(_: &mut SchemaGenerator) -> Schema {
    json_schema!({"enum": EVICTIONS.map(reason)})
}

/// What the session receives whose seat was taken away.
pub fn room_closed(room: RoomId, why: Eviction) -> impl Frame {
    let data = RoomClosed {
        room_pk: room.0,
        reason: reason(why),
    };
    Notice {
        errors: [],
        data,
        action: RoomClosed::ACTION,
        response_status: RoomClosed::STATUS,
        request_id: (),
    }
}
