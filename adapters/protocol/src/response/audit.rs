//! What the log says about the past, for administrators.

use aftermatch_ports::model::{
    Attachments, AuditedEvent, AuditedKind, MessageId, MessageVersion, Reason, RequestId, RoomId,
    Seq, Taken, TakenText, Text, VersionKind,
};
use schemars::JsonSchema;
use serde::Serialize;

use super::{
    attachments::AttachmentsShape,
    envelope::{Data, Frame, Response},
    long_list::LongList,
    profile::UserShape,
    value::{EventNumber, Time},
};
use crate::{
    action::Action,
    limits::{MAX_IDS, MAX_MESSAGES},
};

/// Why a text is not there.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
enum Missing {
    /// It was replaced or deleted so long ago that the service has forgotten it.
    Purged,
    /// There is too much text for one response: `get_message_history` has it.
    LeftOut,
}

/// What an event made of a message.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
enum EventName {
    Created,
    Edited,
    Deleted,
}

/// A message as one event left it.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "message_version", deny_unknown_fields)]
pub(crate) struct VersionShape<'a> {
    /// The number of the event in the room.
    seq: EventNumber,
    kind: EventName,
    /// Who did it.
    user: UserShape<'a>,
    at: Time,
    /// The text since then; `null` of a deletion, and if it is `missing`.
    text: Option<&'a str>,
    missing: Option<Missing>,
    /// Why it was deleted; `null` without a reason.
    reason: Option<&'a str>,
}

impl<'a> From<&'a MessageVersion> for VersionShape<'a> {
    fn from(version: &'a MessageVersion) -> Self {
        let (kind, text, reason) = match &version.kind {
            VersionKind::Created(text) => (EventName::Created, Some(text), None),
            VersionKind::Edited(text) => (EventName::Edited, Some(text), None),
            VersionKind::Deleted(reason) => (EventName::Deleted, None, reason.as_ref()),
        };
        Self {
            seq: version.seq.into(),
            kind,
            user: (&version.by).into(),
            at: Time(version.at),
            text: text.and_then(Option::as_ref).map(Text::as_str),
            missing: matches!(text, Some(None)).then_some(Missing::Purged),
            reason: reason.map(Reason::as_str),
        }
    }
}

impl Frame for VersionShape<'_> {}

/// The versions of a message, oldest first.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(inline, deny_unknown_fields)]
pub(crate) struct Versions<'a> {
    /// The room's `pk`.
    room_pk: i64,
    /// The message's `id`.
    msg_id: i64,
    #[schemars(length(max = MAX_MESSAGES))]
    results: Vec<VersionShape<'a>>,
    /// The `before_seq` for the versions before these; `null` if there are none.
    next_before_seq: Option<i64>,
    /// What the message carries beside its texts, if it carries anything, and if that was not
    /// purged.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "AttachmentsShape<'static>")]
    attachments: Option<AttachmentsShape<'a>>,
}

impl Data for Versions<'_> {
    const ACTION: &'static str = Action::GetMessageHistory.as_str();
}

/// A text that an event took away.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "taken_text", deny_unknown_fields)]
struct TakenShape<'a> {
    /// The message's `id`.
    id: i64,
    /// The text that the message had before; `null` if it is `missing`.
    text: Option<&'a str>,
    missing: Option<Missing>,
}

impl<'a> From<&'a Taken> for TakenShape<'a> {
    fn from(taken: &'a Taken) -> Self {
        let (text, missing) = match &taken.text {
            TakenText::Text(text) => (Some(text.as_str()), None),
            TakenText::Purged => (None, Some(Missing::Purged)),
            TakenText::LeftOut => (None, Some(Missing::LeftOut)),
        };
        Self {
            id: taken.id.0,
            text,
            missing,
        }
    }
}

/// An edit or a deletion, with what it took away.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "audited_event", deny_unknown_fields)]
pub(crate) struct AuditedShape<'a> {
    /// The number of the event in the room.
    seq: EventNumber,
    kind: AuditKind,
    /// Who did it.
    user: UserShape<'a>,
    at: Time,
    /// Why messages were deleted; `null` without a reason.
    reason: Option<&'a str>,
    /// The edited message, or the deleted ones in the order of the request.
    #[schemars(length(max = MAX_IDS))]
    messages: Vec<TakenShape<'a>>,
}

/// What took texts away.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
enum AuditKind {
    Edited,
    Deleted,
}

impl<'a> From<&'a AuditedEvent> for AuditedShape<'a> {
    fn from(event: &'a AuditedEvent) -> Self {
        let (kind, reason) = match &event.kind {
            AuditedKind::Edited => (AuditKind::Edited, None),
            AuditedKind::Deleted(reason) => (AuditKind::Deleted, reason.as_ref()),
        };
        Self {
            seq: event.seq.into(),
            kind,
            user: (&event.by).into(),
            at: Time(event.at),
            reason: reason.map(Reason::as_str),
            messages: event.taken.iter().map(TakenShape::from).collect(),
        }
    }
}

impl Frame for AuditedShape<'_> {}

/// Edits and deletions, newest first.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(inline, deny_unknown_fields)]
pub(crate) struct AuditedEvents<'a> {
    /// The room's `pk`.
    room_pk: i64,
    #[schemars(length(max = MAX_MESSAGES))]
    results: Vec<AuditedShape<'a>>,
    /// The `before_seq` for the edits and deletions before these; `null` if there are none.
    next_before_seq: Option<i64>,
}

impl Data for AuditedEvents<'_> {
    const ACTION: &'static str = Action::GetAudit.as_str();
}

/// A response with versions, or with edits and deletions, written one by one. The longest of
/// them is a deletion of 1,000 messages, with 256 KiB of text: 1.6 MB, if every character is a
/// control character, which JSON writes as six.
#[derive(Debug)]
pub struct AuditList(LongList);

impl AuditList {
    /// With the versions of a message of `room`. `next`: the oldest of them, if there are
    /// others before it.
    #[must_use]
    pub fn of_versions(
        request_id: &RequestId,
        room: RoomId,
        message: MessageId,
        next: Option<Seq>,
        attachments: Option<&Attachments>,
    ) -> Self {
        let empty = Versions {
            room_pk: room.0,
            msg_id: message.0,
            results: Vec::new(),
            next_before_seq: next.map(|seq| seq.0),
            attachments: AttachmentsShape::of(attachments),
        };
        Self(LongList::new(&Response::new(request_id, empty)))
    }

    /// With edits and deletions of `room`. `next`: the oldest of them, if there are others
    /// before it.
    #[must_use]
    pub fn of_events(request_id: &RequestId, room: RoomId, next: Option<Seq>) -> Self {
        let empty = AuditedEvents {
            room_pk: room.0,
            results: Vec::new(),
            next_before_seq: next.map(|seq| seq.0),
        };
        Self(LongList::new(&Response::new(request_id, empty)))
    }

    /// Adds a version.
    pub fn add_version(&mut self, out: &mut Vec<u8>, version: &MessageVersion) {
        self.0.add(out, &VersionShape::from(version));
    }

    /// Adds an edit or a deletion.
    pub fn add_event(&mut self, out: &mut Vec<u8>, event: &AuditedEvent) {
        self.0.add(out, &AuditedShape::from(event));
    }

    /// Ends the response.
    pub fn finish(self, out: &mut Vec<u8>) {
        self.0.finish(out);
    }
}
