//! Messages, as clients see them.

use aftermatch_ports::{HistoryPage, model::Message};
use schemars::JsonSchema;
use serde::Serialize;

use super::records::RecordNumber;
use crate::{
    json,
    limits::{MAX_CLIENT_MSG_ID_CHARS, MAX_MESSAGES},
    response::{message::MessageShape, value::EventNumber},
};

/// A message to create.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "new_message", deny_unknown_fields)]
pub(super) struct NewMessageShape<'a> {
    /// The author: any user.
    pub(super) user_id: RecordNumber,
    /// Not blank, and at most `CHAT_MAX_TEXT_CHARS` characters.
    #[schemars(length(min = 1))]
    pub(super) text: &'a str,
    /// What the platform calls the message, so that a repeated request creates no second one.
    /// Clients see it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(
        length(max = MAX_CLIENT_MSG_ID_CHARS),
        regex(pattern = r"^[A-Za-z0-9._:-]+$")
    )]
    pub(super) client_msg_id: Option<&'a str>,
}

/// The new text of a message.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "edited_message", deny_unknown_fields)]
pub(super) struct EditShape<'a> {
    /// Not blank, and at most `CHAT_MAX_TEXT_CHARS` characters.
    #[schemars(length(min = 1))]
    pub(super) text: &'a str,
}

/// Messages of a room, oldest first.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "history", deny_unknown_fields)]
pub(super) struct History<'a> {
    #[schemars(length(max = MAX_MESSAGES))]
    pub(super) results: Vec<MessageShape<'a>>,
    /// The `before_seq` for the messages before these; `null` if there are none.
    pub(super) next_before_seq: Option<i64>,
    /// The number of the room's last event.
    pub(super) last_seq: EventNumber,
}

/// A message.
#[must_use]
pub fn message(message: &Message) -> Vec<u8> {
    let mut out = Vec::new();
    json::write(&mut out, &MessageShape::from(message));
    out
}

/// A page of the history.
#[must_use]
pub fn history(page: &HistoryPage) -> Vec<u8> {
    let mut out = Vec::new();
    json::write(&mut out, &History::from(page));
    out
}

impl<'a> From<&'a HistoryPage> for History<'a> {
    fn from(page: &'a HistoryPage) -> Self {
        let first = page.messages.first().map(|message| message.seq.0);
        Self {
            results: page.messages.iter().map(MessageShape::from).collect(),
            next_before_seq: first.filter(|_| page.has_older),
            last_seq: page.last_seq.into(),
        }
    }
}
