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

impl Frame for MessageShape<'_> {}

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

/// A numbered page of the messages, newest first.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(inline, deny_unknown_fields)]
pub(crate) struct MessagePage<'a> {
    /// How many messages the room has, at most 10,000.
    count: u64,
    #[schemars(length(max = MAX_MESSAGES))]
    results: Vec<MessageShape<'a>>,
    /// The number of the next page; `null` if there is none.
    next: Option<i64>,
}

impl Data for MessagePage<'_> {
    const ACTION: &'static str = Action::GetRoomMessages.as_str();
}

/// The response to `get_room_messages`, written message by message, so that a long one is
/// never in memory twice and never delays other connections.
#[derive(Debug)]
pub struct MessageList {
    /// The response without messages.
    empty: Vec<u8>,
    /// Where the messages belong.
    split: usize,
    started: bool,
}

impl MessageList {
    const LIST: &[u8] = b"\"results\":[";

    /// With a range of messages, those of `history`.
    #[must_use]
    pub fn range(request_id: &RequestId, history: &HistoryPage) -> Self {
        let first = history.messages.first().filter(|_| history.has_older);
        let last = history.messages.last().filter(|_| history.has_newer);
        let range = MessageRange {
            results: Vec::new(),
            next_before_seq: first.map(|message| message.seq.0),
            next_after_seq: last.map(|message| message.seq.0),
            last_seq: history.last_seq.into(),
        };
        Self::without_messages(&Response::new(request_id, range))
    }

    /// With a numbered page. `next` is the number of the page that follows.
    #[must_use]
    pub fn page(request_id: &RequestId, count: u64, next: Option<u64>) -> Self {
        let page = MessagePage {
            count,
            results: Vec::new(),
            next: next.and_then(|page| i64::try_from(page).ok()),
        };
        Self::without_messages(&Response::new(request_id, page))
    }

    fn without_messages(response: &impl Frame) -> Self {
        let empty = response.to_vec();
        let mut places = empty.windows(Self::LIST.len());
        let list = places.position(|bytes| bytes == Self::LIST);
        Self {
            split: list.map_or(0, |at| at + Self::LIST.len()),
            empty,
            started: false,
        }
    }

    /// Adds a message.
    pub fn add(&mut self, out: &mut Vec<u8>, message: &Message) {
        if self.started {
            out.push(b',');
        } else {
            self.start(out);
        }
        MessageShape::from(message).write(out);
    }

    /// Ends the response.
    pub fn finish(mut self, out: &mut Vec<u8>) {
        if !self.started {
            self.start(out);
        }
        out.extend_from_slice(self.empty.get(self.split..).unwrap_or_default());
    }

    fn start(&mut self, out: &mut Vec<u8>) {
        self.started = true;
        out.extend_from_slice(self.empty.get(..self.split).unwrap_or_default());
    }

    /// All of it at once.
    #[must_use]
    pub(crate) fn with(mut self, messages: &[Message]) -> Vec<u8> {
        let mut out = Vec::new();
        for message in messages {
            self.add(&mut out, message);
        }
        self.finish(&mut out);
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    #[test]
    fn list_in_pieces_equals_list_at_once() {
        let (history, id) = (sample::history(), sample::request_id());
        let results = || history.messages.iter().map(MessageShape::from).collect();
        let range = MessageRange {
            results: results(),
            next_before_seq: history.has_older.then(|| history.messages[0].seq.0),
            next_after_seq: history.has_newer.then(|| history.messages[0].seq.0),
            last_seq: history.last_seq.into(),
        };
        let whole = Response::new(&id, range).to_vec();
        let list = MessageList::range(&id, &history);
        assert_eq!(list.with(&history.messages), whole);
        for messages in [&history.messages[..], &[]] {
            let page = MessagePage {
                count: 301,
                results: messages.iter().map(MessageShape::from).collect(),
                next: Some(2),
            };
            let whole = Response::new(&id, page).to_vec();
            assert_eq!(MessageList::page(&id, 301, Some(2)).with(messages), whole);
        }
    }
}
