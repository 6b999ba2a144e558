//! Messages as history shows them.

use aftermatch_ports::model::{Message, RequestId, Seq};
use schemars::JsonSchema;
use serde::Serialize;

use super::{
    attachments::AttachmentsShape,
    envelope::{Data, Frame, Response},
    long_list::LongList,
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
    /// What the message carries beside its text, if it carries anything.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "AttachmentsShape<'static>")]
    attachments: Option<AttachmentsShape<'a>>,
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
            attachments: AttachmentsShape::of(message.attachments.as_ref()),
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

/// Messages that have the words of a search, newest first.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(inline, deny_unknown_fields)]
pub(crate) struct FoundMessages<'a> {
    #[schemars(length(max = MAX_MESSAGES))]
    results: Vec<MessageShape<'a>>,
    /// The `before_seq` for older messages with the words; `null` if there are none.
    next_before_seq: Option<i64>,
    /// The number of the room's last event.
    last_seq: EventNumber,
}

impl Data for FoundMessages<'_> {
    const ACTION: &'static str = Action::SearchMessages.as_str();
}

/// A response with messages, written message by message.
#[derive(Debug)]
pub struct MessageList(LongList);

/// Where a range of messages ends.
#[derive(Debug, Clone, Copy)]
pub struct RangeEnds {
    /// The first message, if there are others before it.
    pub before: Option<Seq>,
    /// The last message, if there are others after it.
    pub after: Option<Seq>,
    /// The number of the room's last event.
    pub last_seq: Seq,
}

impl MessageList {
    /// With a range of the messages.
    #[must_use]
    pub fn of_range(request_id: &RequestId) -> Self {
        let no_ends = RangeEnds {
            before: None,
            after: None,
            last_seq: Seq::ZERO,
        };
        Self(LongList::new(&range(request_id, no_ends)))
    }

    /// With a numbered page of the messages, of which there are `count`.
    #[must_use]
    pub fn of_page(request_id: &RequestId, count: u64) -> Self {
        Self(LongList::new(&page(request_id, count, None)))
    }

    /// With messages that a search found.
    #[must_use]
    pub fn of_search(request_id: &RequestId) -> Self {
        Self(LongList::new(&found(request_id, None, Seq::ZERO)))
    }

    /// Adds a message.
    pub fn add(&mut self, out: &mut Vec<u8>, message: &Message) {
        self.0.add(out, &MessageShape::from(message));
    }

    /// Ends a range.
    pub fn finish_range(self, out: &mut Vec<u8>, request_id: &RequestId, ends: RangeEnds) {
        self.0.finish_as(out, &range(request_id, ends));
    }

    /// Ends a page. `next` is the number of the page that follows.
    pub fn finish_page(self, out: &mut Vec<u8>, request_id: &RequestId, next: Option<u64>) {
        self.0.finish_as(out, &page(request_id, 0, next));
    }

    /// Ends what a search found. `next` is the last of the messages, if there are older
    /// ones with the words.
    pub fn finish_search(
        self,
        out: &mut Vec<u8>,
        request_id: &RequestId,
        next: Option<Seq>,
        last_seq: Seq,
    ) {
        self.0.finish_as(out, &found(request_id, next, last_seq));
    }
}

/// The response without messages.
fn range(request_id: &RequestId, ends: RangeEnds) -> impl Frame {
    Response::new(
        request_id,
        MessageRange {
            results: Vec::new(),
            next_before_seq: ends.before.map(|seq| seq.0),
            next_after_seq: ends.after.map(|seq| seq.0),
            last_seq: ends.last_seq.into(),
        },
    )
}

/// The response without messages.
fn page(request_id: &RequestId, count: u64, next: Option<u64>) -> impl Frame {
    Response::new(
        request_id,
        MessagePage {
            count,
            results: Vec::new(),
            next: next.and_then(|page| i64::try_from(page).ok()),
        },
    )
}

/// The response without messages.
fn found(request_id: &RequestId, next: Option<Seq>, last_seq: Seq) -> impl Frame {
    Response::new(
        request_id,
        FoundMessages {
            results: Vec::new(),
            next_before_seq: next.map(|seq| seq.0),
            last_seq: last_seq.into(),
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    fn added(mut list: MessageList, messages: &[Message]) -> (MessageList, Vec<u8>) {
        let mut out = Vec::new();
        for message in messages {
            list.add(&mut out, message);
        }
        (list, out)
    }

    #[test]
    fn list_in_pieces_equals_list_at_once() {
        let (message, id) = (sample::edited_message(), sample::request_id());
        for messages in [&[message.clone(), message][..], &[]] {
            let results = || messages.iter().map(MessageShape::from).collect();
            let range = MessageRange {
                results: results(),
                next_before_seq: Some(7),
                next_after_seq: None,
                last_seq: Seq(42).into(),
            };
            let ends = RangeEnds {
                before: Some(Seq(7)),
                after: None,
                last_seq: Seq(42),
            };
            let (list, mut out) = added(MessageList::of_range(&id), messages);
            list.finish_range(&mut out, &id, ends);
            assert_eq!(out, Response::new(&id, range).to_vec());

            let page = MessagePage {
                count: 301,
                results: results(),
                next: Some(2),
            };
            let (list, mut out) = added(MessageList::of_page(&id, 301), messages);
            list.finish_page(&mut out, &id, Some(2));
            assert_eq!(out, Response::new(&id, page).to_vec());

            let found = FoundMessages {
                results: results(),
                next_before_seq: Some(7),
                last_seq: Seq(42).into(),
            };
            let (list, mut out) = added(MessageList::of_search(&id), messages);
            list.finish_search(&mut out, &id, Some(Seq(7)), Seq(42));
            assert_eq!(out, Response::new(&id, found).to_vec());
        }
    }
}
