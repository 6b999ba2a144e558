//! The frames of room events: for everyone joined, for the requester, and for clients
//! that missed them.

use aftermatch_ports::model::{EventKind, RequestedId, RoomEvent, RoomView, Seq};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Serialize;

use super::data::{EventData, MessageCreated, MessagesDeleted};
use crate::response::{
    envelope::{Data, EchoedId, Frame, NoErrors, Response, action, status},
    profile::ReadyParticipants,
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
    #[schemars(with = "Option<EchoedId>")]
    request_id: EchoedId<'a>,
}

/// An event as a client receives it that missed it.
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

/// The frame that everyone joined receives. `participants` are those of the room, at
/// the revision of `event`; `None` for a seat that is lean.
pub fn event<'a>(
    event: &'a RoomEvent,
    participants: Option<&'a ReadyParticipants>,
) -> impl Frame + 'a {
    let data = data_of(event, participants);
    Event {
        errors: [],
        action: data.action(),
        response_status: data.status(),
        data,
        request_id: EchoedId(&event.request_id),
    }
}

fn data_of<'a>(event: &'a RoomEvent, participants: Option<&'a ReadyParticipants>) -> EventData<'a> {
    EventData::of(&event.room, event.seq, &event.kind, participants)
}

/// What the requester receives instead, if some messages could not be deleted.
pub fn partly_deleted(event: &RoomEvent) -> Option<impl Frame> {
    let EventKind::Deleted { ids, missing } = &event.kind else {
        return None;
    };
    let errors = [not_deleted(missing)?];
    let data = MessagesDeleted::new(&event.room, event.seq, ids);
    Some(Response::partly(&event.request_id, data, errors))
}

fn not_deleted(missing: &[RequestedId]) -> Option<String> {
    let ids: Vec<_> = missing.iter().map(ToString::to_string).collect();
    let sentence = format!(
        "not deleted: [{}]: already gone, not yours to delete, or not of this room",
        ids.join(",")
    );
    (!ids.is_empty()).then_some(sentence)
}

/// A message that existed before, with the same `client_msg_id`.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(transparent)]
#[schemars(inline)]
pub(crate) struct ExistingMessage<'a>(#[schemars(with = "MessageCreated<'static>")] EventData<'a>);

impl Data for ExistingMessage<'_> {
    const ACTION: &'static str = MessageCreated::ACTION;
}

/// The response to `create_message` when the message existed before: the message now.
pub fn existing_message<'a>(
    event: &'a RoomEvent,
    participants: Option<&'a ReadyParticipants>,
) -> impl Frame + 'a {
    let message = ExistingMessage(data_of(event, participants));
    Response::new(&event.request_id, message)
}

/// An event of `room` that the client missed.
pub fn replayed<'a>(
    room: &'a RoomView,
    seq: Seq,
    kind: &'a EventKind,
    participants: Option<&'a ReadyParticipants>,
) -> impl Frame + 'a {
    let data = EventData::of(room, seq, kind, participants);
    Replay {
        errors: [],
        action: data.action(),
        response_status: data.status(),
        data,
        request_id: (),
        replay: true,
    }
}
