//! Messages as history shows them.

use aftermatch_ports::{
    HistoryPage,
    model::{Message, RequestId},
};
use schemars::JsonSchema;
use serde::Serialize;

use super::{
    envelope::{Data, Frame, Response},
    profile::UserShape,
    value::{EventNumber, Time},
};
use crate::{action::Action, limits::MAX_MESSAGES};

/// A message.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "message", deny_unknown_fields)]
pub(crate) struct MessageShape<'a> {
    /// Unique over all rooms, and never used again.
    id: i64,
    /// The text after the last edit.
    text: &'a str,
    user: UserShape<'a>,
    created_at: Time,
    /// The room's `pk`.
    room_id: i64,
    /// The author's own id for the message, if there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "&str")]
    client_msg_id: Option<&'a str>,
    /// The number of the event that created the message.
    seq: EventNumber,
    edited_at: Option<Time>,
}

impl<'a> From<&'a Message> for MessageShape<'a> {
    fn from(message: &'a Message) -> Self {
        Self {
            id: message.id.0,
            text: message.text.as_str(),
            user: (&message.author).into(),
            created_at: Time(message.created_at),
            room_id: message.room.0,
            client_msg_id: message.client_msg_id.as_ref().map(|id| id.as_str()),
            seq: message.seq.into(),
            edited_at: message.edited_at.map(Time),
        }
    }
}

fn messages(messages: &[Message]) -> Vec<MessageShape<'_>> {
    messages.iter().map(MessageShape::from).collect()
}

/// A range of the messages, oldest first.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(inline, deny_unknown_fields)]
pub(crate) struct MessageRange<'a> {
    #[schemars(length(max = MAX_MESSAGES))]
    results: Vec<MessageShape<'a>>,
    /// The `before_seq` for the messages before these; `null` if there are none.
    next_before_seq: Option<i64>,
    /// The `after_seq` for the messages after these; `null` if there are none.
    next_after_seq: Option<i64>,
    /// The number of the room's last event.
    last_seq: EventNumber,
}

impl Data for MessageRange<'_> {
    const ACTION: &'static str = Action::GetRoomMessages.as_str();
}

/// The response to `get_room_messages` with a range of messages.
pub fn range(request_id: &RequestId, history: &HistoryPage) -> impl Frame {
    let first = history.messages.first().filter(|_| history.has_older);
    let last = history.messages.last().filter(|_| history.has_newer);
    let range = MessageRange {
        results: messages(&history.messages),
        next_before_seq: first.map(|message| message.seq.0),
        next_after_seq: last.map(|message| message.seq.0),
        last_seq: history.last_seq.into(),
    };
    Response::new(request_id, range)
}

/// A numbered page of the messages, newest first.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(inline, deny_unknown_fields)]
pub(crate) struct MessagePage<'a> {
    /// How many messages the room has.
    count: u64,
    #[schemars(length(max = MAX_MESSAGES))]
    results: Vec<MessageShape<'a>>,
    /// The number of the next page; `null` if there is none.
    next: Option<i64>,
}

impl Data for MessagePage<'_> {
    const ACTION: &'static str = Action::GetRoomMessages.as_str();
}

/// The response to `get_room_messages` with a numbered page.
pub fn page(
    request_id: &RequestId,
    count: u64,
    results: &[Message],
    next: Option<u64>,
) -> impl Frame {
    let page = MessagePage {
        count,
        results: messages(results),
        next: next.and_then(|page| i64::try_from(page).ok()),
    };
    Response::new(request_id, page)
}
