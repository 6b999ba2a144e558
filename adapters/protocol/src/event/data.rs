//! The data of room events.

use aftermatch_ports::model::{EventKind, MessageId, RoomView, Seq};
use schemars::JsonSchema;
use serde::Serialize;

use crate::{
    action::Action,
    response::{
        attachments::AttachmentsShape,
        envelope::Data,
        profile::{ReadyParticipants, UserShape},
        room::RoomShape,
        value::{EventNumber, Time},
    },
};

/// A message was created.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(inline, deny_unknown_fields)]
pub(crate) struct MessageCreated<'a> {
    /// Unique over all rooms, and never used again.
    id: i64,
    text: &'a str,
    user: UserShape<'a>,
    created_at: Time,
    /// Missing in a room that was joined with `lean`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "RoomShape<'static>")]
    room: Option<RoomShape<'a>>,
    /// The room's `pk`.
    room_id: i64,
    /// The author's own id for the message, if there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "&str")]
    client_msg_id: Option<&'a str>,
    /// The number of the event in the room.
    seq: EventNumber,
    /// What the message carries beside its text, if it carries anything.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "AttachmentsShape<'static>")]
    attachments: Option<AttachmentsShape<'a>>,
}

impl Data for MessageCreated<'_> {
    const ACTION: &'static str = Action::CreateMessage.as_str();
    const STATUS: u16 = 201;
}

/// A message was edited.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(inline, deny_unknown_fields)]
pub(crate) struct MessageEdited<'a> {
    /// The room's `pk`.
    room_id: i64,
    /// The message's `id`.
    message_id: i64,
    /// The new text.
    message_text: &'a str,
    /// The number of the event in the room.
    seq: EventNumber,
}

impl Data for MessageEdited<'_> {
    const ACTION: &'static str = Action::EditMessage.as_str();
}

/// Messages were deleted.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(inline, deny_unknown_fields)]
pub(crate) struct MessagesDeleted {
    /// The room's `pk`.
    room_id: i64,
    /// The messages that were really deleted, in the order of the request.
    messages_ids: Vec<i64>,
    /// The number of the event in the room.
    seq: EventNumber,
}

impl Data for MessagesDeleted {
    const ACTION: &'static str = Action::DeleteMessages.as_str();
}

impl MessagesDeleted {
    pub(super) fn new(room: &RoomView, seq: Seq, ids: &[MessageId]) -> Self {
        Self {
            room_id: room.room.id.0,
            messages_ids: ids.iter().map(|id| id.0).collect(),
            seq: seq.into(),
        }
    }
}

/// What happened.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub(super) enum EventData<'a> {
    Created(MessageCreated<'a>),
    Edited(MessageEdited<'a>),
    Deleted(MessagesDeleted),
}

impl<'a> EventData<'a> {
    /// What happened in `room`, as event `seq`. Without `participants`: for those who have
    /// the room.
    pub(super) fn of(
        room: &'a RoomView,
        seq: Seq,
        kind: &'a EventKind,
        participants: Option<&'a ReadyParticipants>,
    ) -> Self {
        match kind {
            EventKind::Created(message) => Self::Created(MessageCreated {
                id: message.id.0,
                text: message.text.as_str(),
                user: (&message.author).into(),
                created_at: Time(message.created_at),
                room: participants.map(|participants| RoomShape::ready(room, participants)),
                room_id: room.room.id.0,
                client_msg_id: message.client_msg_id.as_ref().map(|id| id.as_str()),
                seq: seq.into(),
                attachments: AttachmentsShape::of(message.attachments.as_ref()),
            }),
            EventKind::Edited { id, text } => Self::Edited(MessageEdited {
                room_id: room.room.id.0,
                message_id: id.0,
                message_text: text.as_str(),
                seq: seq.into(),
            }),
            EventKind::Deleted { ids, .. } => Self::Deleted(MessagesDeleted::new(room, seq, ids)),
        }
    }

    pub(super) const fn action(&self) -> &'static str {
        match self {
            Self::Created(_) => MessageCreated::ACTION,
            Self::Edited(_) => MessageEdited::ACTION,
            Self::Deleted(_) => MessagesDeleted::ACTION,
        }
    }

    pub(super) const fn status(&self) -> u16 {
        match self {
            Self::Created(_) => MessageCreated::STATUS,
            Self::Edited(_) => MessageEdited::STATUS,
            Self::Deleted(_) => MessagesDeleted::STATUS,
        }
    }

    pub(super) fn size_hint(&self) -> usize {
        let contents = match self {
            Self::Created(created) => {
                let room = created.room.as_ref().map_or(0, RoomShape::size_hint);
                let attachments = created.attachments.map_or(0, AttachmentsShape::size_hint);
                room + created.user.size_hint() + created.text.len() + attachments
            }
            Self::Edited(edited) => edited.message_text.len(),
            Self::Deleted(deleted) => 8 * deleted.messages_ids.len(),
        };
        contents + 256
    }
}
