//! What was written in one room, and how far it was read.
//!
//! # Invariants
//! 1. The event `seq` is at index `seq - 1` and stays there, exactly as it was. It
//!    can only lose its text, after that was replaced or deleted ([`Log::purge`]).
//! 2. A message that exists is stored under the number of the event that created
//!    it. It has the text of the event [`StoredMessage::changed_seq`].
//! 3. No event has an earlier time than the one before it, except imported ones.

mod audit;
mod delta;
mod events;
mod history;
mod messages;
mod purge;
mod read_positions;
mod search;
mod versions;

use std::{
    collections::{BTreeMap, HashMap},
    mem,
    ops::Bound,
};

use aftermatch_ports::{
    Commit,
    model::{
        Attachments, Author, ClientMsgId, Epoch, LogHead, Message, MessageId, Reason, RequestId,
        RoomId, Seq, Text, Timestamp, UserId,
    },
};

use self::read_positions::ReadPosition;
use crate::directory::Directory;

pub(crate) struct Log {
    room: RoomId,
    epoch: Epoch,
    events: Vec<Event>,
    /// How many events have forgotten the texts that they replaced or deleted.
    purged: usize,
    /// Whether there are new events since [`Log::take_written`] was called.
    written: bool,
    /// The messages that exist.
    messages: BTreeMap<Seq, StoredMessage>,
    /// The events that created them.
    created_by: HashMap<MessageId, Seq>,
    /// The events that deleted the other ones.
    deleted_by: HashMap<MessageId, Seq>,
    /// The messages that were created with a client message id, deleted ones too.
    client_msg_ids: HashMap<(UserId, ClientMsgId), Seq>,
    read_positions: HashMap<UserId, ReadPosition>,
}

/// An event, as it was.
struct Event {
    stamp: Stamp,
    kind: Kind,
}

/// Who wrote an event, when, and for which request.
pub(crate) struct Stamp {
    pub(crate) by: UserId,
    pub(crate) at: Timestamp,
    pub(crate) request_id: RequestId,
}

enum Kind {
    Created {
        id: MessageId,
        /// `None`: purged.
        text: Option<Text>,
        /// `None` after they were purged, too.
        attachments: Option<Attachments>,
        client_msg_id: Option<ClientMsgId>,
    },
    Edited {
        id: MessageId,
        /// `None`: purged.
        text: Option<Text>,
        /// The event that created the message.
        created: Seq,
        /// The event whose text was replaced.
        replaced: Seq,
    },
    Deleted {
        /// In the order of the request.
        messages: Vec<DeletedMessage>,
        reason: Option<Reason>,
    },
}

struct DeletedMessage {
    id: MessageId,
    /// The event that created it.
    created: Seq,
    /// The event that gave it its last text.
    replaced: Seq,
}

struct StoredMessage {
    id: MessageId,
    author: UserId,
    text: Text,
    attachments: Option<Attachments>,
    created_at: Timestamp,
    edited_at: Option<Timestamp>,
    /// The id that the author's program gave it, and the text it was sent with.
    client_msg_id: Option<(ClientMsgId, Text)>,
    seq: Seq,
    changed_seq: Seq,
}

impl Log {
    pub(crate) fn new(room: RoomId, epoch: Epoch) -> Self {
        Self {
            room,
            epoch,
            events: Vec::new(),
            purged: 0,
            written: false,
            messages: BTreeMap::new(),
            created_by: HashMap::new(),
            deleted_by: HashMap::new(),
            client_msg_ids: HashMap::new(),
            read_positions: HashMap::new(),
        }
    }

    pub(crate) fn head(&self) -> LogHead {
        LogHead {
            epoch: self.epoch,
            last_seq: self.last_seq(),
        }
    }

    pub(crate) fn last_seq(&self) -> Seq {
        Seq(i64::try_from(self.events.len()).unwrap_or(i64::MAX))
    }

    /// The time of an event that is committed now (invariant 3).
    pub(crate) fn time(&self, now: Timestamp) -> Timestamp {
        let last = self.events.last();
        last.map_or(now, |last| last.stamp.at.max(now))
    }

    /// Notes that there are new events. Returns whether that is new.
    pub(crate) fn set_written(&mut self) -> bool {
        !mem::replace(&mut self.written, true)
    }

    /// Whether there are new events since the previous call.
    pub(crate) fn take_written(&mut self) -> bool {
        mem::take(&mut self.written)
    }

    /// Appends an event (invariant 1).
    fn append(&mut self, stamp: Stamp, kind: Kind) -> Commit {
        let at = stamp.at;
        self.events.push(Event { stamp, kind });
        Commit {
            seq: self.last_seq(),
            at,
            epoch: self.epoch,
        }
    }

    /// The messages that exist and were created after event `after`, up to event
    /// `last`.
    fn created(&self, after: Seq, last: Seq) -> impl DoubleEndedIterator<Item = &StoredMessage> {
        let after = Bound::Excluded(after.min(last));
        self.messages
            .range((after, Bound::Included(last)))
            .map(|(_, message)| message)
    }

    /// The last message after event `after` that was created before `earliest`.
    pub(crate) fn last_before(&self, after: Seq, earliest: Timestamp) -> Option<Seq> {
        let created = self.created(after, self.last_seq()).rev();
        let mut old = created.filter(|message| message.created_at < earliest);
        old.next().map(|message| message.seq)
    }

    /// The messages that exist and were created after event `after`, up to event `last`.
    pub(crate) fn messages_between(
        &self,
        directory: &Directory,
        after: Seq,
        last: Seq,
    ) -> impl Iterator<Item = Message> {
        let created = self.created(after, last);
        created.map(|message| self.message(message, directory))
    }

    /// Whether the user ever created a message here.
    pub(crate) fn has_author(&self, user: UserId) -> bool {
        let mut events = self.events.iter();
        events.any(|event| event.stamp.by == user && matches!(event.kind, Kind::Created { .. }))
    }

    fn event(&self, seq: Seq) -> Option<&Event> {
        self.events.get(index_after(seq.before()))
    }

    fn message(&self, stored: &StoredMessage, directory: &Directory) -> Message {
        let client_msg_id = stored.client_msg_id.as_ref();
        Message {
            id: stored.id,
            room: self.room,
            author: author(stored.author, directory),
            text: stored.text.clone(),
            attachments: stored.attachments.clone(),
            created_at: stored.created_at,
            edited_at: stored.edited_at,
            client_msg_id: client_msg_id.map(|(id, _)| id.clone()),
            seq: stored.seq,
            changed_seq: stored.changed_seq,
        }
    }
}

impl StoredMessage {
    /// How many bytes of text and attachments it has.
    fn bytes(&self) -> usize {
        let attachments = self.attachments.as_ref();
        self.text.as_str().len() + attachments.map_or(0, |json| json.as_str().len())
    }
}

impl Event {
    /// The text that it gave to a message. `None`: purged.
    fn text(&self) -> Option<&Text> {
        match &self.kind {
            Kind::Created { text, .. } | Kind::Edited { text, .. } => text.as_ref(),
            Kind::Deleted { .. } => None,
        }
    }

    /// The messages whose texts it took away, and the events that had given them these.
    fn all_replaced(&self) -> Vec<(MessageId, Seq)> {
        match &self.kind {
            Kind::Created { .. } => Vec::new(),
            Kind::Edited { id, replaced, .. } => vec![(*id, *replaced)],
            Kind::Deleted { messages, .. } => {
                let messages = messages.iter();
                messages
                    .map(|message| (message.id, message.replaced))
                    .collect()
            }
        }
    }
}

/// A user as the author of a message, as of now.
fn author(id: UserId, directory: &Directory) -> Author {
    Author {
        id,
        profile: directory.profile(id),
    }
}

/// How many events there are up to `seq` in a log without end: the index of the
/// event after it (invariant 1).
fn index_after(seq: Seq) -> usize {
    usize::try_from(seq.0.max(0)).unwrap_or(usize::MAX)
}
