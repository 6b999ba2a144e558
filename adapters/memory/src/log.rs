//! What was written in one room, and how far it was read.
//!
//! # Invariants
//! 1. The entry of event `seq` is at index `seq - 1` and stays there.
//! 2. A message is stored in the entry of the event that created it. An edit
//!    changes it there; a deletion leaves [`Entry::DeletedMessage`].

mod history;
mod messages;
mod read_positions;

use std::collections::HashMap;

use aftermatch_ports::model::{
    Author, ClientMsgId, Message, MessageId, RoomId, Seq, Text, Timestamp, UserId,
};

use crate::directory::Directory;

pub(crate) struct Log {
    room: RoomId,
    entries: Vec<Entry>,
    /// The messages that exist, by the events that created them.
    messages: HashMap<MessageId, Seq>,
    /// The messages that were created with a client message id, deleted ones too.
    client_msg_ids: HashMap<(UserId, ClientMsgId), Seq>,
    read_positions: HashMap<UserId, Seq>,
}

enum Entry {
    /// The event created a message, which exists.
    Message(StoredMessage),
    /// The event created a message, which was deleted later.
    DeletedMessage,
    /// The event edited the message that this earlier event created.
    Edit(Seq),
    /// The event deleted these messages, each with the event that created it.
    Deletion(Vec<(MessageId, Seq)>),
}

struct StoredMessage {
    id: MessageId,
    author: UserId,
    text: Text,
    created_at: Timestamp,
    edited_at: Option<Timestamp>,
    /// The id that the author's program gave it, and the text it was sent with.
    client_msg_id: Option<(ClientMsgId, Text)>,
    seq: Seq,
    changed_seq: Seq,
}

impl Log {
    pub(crate) fn new(room: RoomId) -> Self {
        Self {
            room,
            entries: Vec::new(),
            messages: HashMap::new(),
            client_msg_ids: HashMap::new(),
            read_positions: HashMap::new(),
        }
    }

    pub(crate) fn last_seq(&self) -> Seq {
        Seq(i64::try_from(self.entries.len()).unwrap_or(i64::MAX))
    }

    /// The message that event `seq` created, if it exists.
    fn stored(&self, seq: Seq) -> Option<&StoredMessage> {
        match self.entries.get(index(seq)?)? {
            Entry::Message(message) => Some(message),
            _ => None,
        }
    }

    fn entry_mut(&mut self, seq: Seq) -> Option<&mut Entry> {
        self.entries.get_mut(index(seq)?)
    }

    /// The messages that exist and were created after event `after`, up to event
    /// `last`.
    fn created(&self, after: Seq, last: Seq) -> impl DoubleEndedIterator<Item = &StoredMessage> {
        let entries = self.entries.get(self.count(after)..self.count(last));
        let entries = entries.unwrap_or_default().iter();
        entries.filter_map(|entry| match entry {
            Entry::Message(message) => Some(message),
            _ => None,
        })
    }

    /// How many events there are up to `seq`.
    fn count(&self, seq: Seq) -> usize {
        usize::try_from(seq.0).map_or(0, |seq| seq.min(self.entries.len()))
    }

    fn message(&self, stored: &StoredMessage, directory: &Directory) -> Message {
        let client_msg_id = stored.client_msg_id.as_ref();
        Message {
            id: stored.id,
            room: self.room,
            author: Author {
                id: stored.author,
                profile: directory.profile(stored.author),
            },
            text: stored.text.clone(),
            created_at: stored.created_at,
            edited_at: stored.edited_at,
            client_msg_id: client_msg_id.map(|(id, _)| id.clone()),
            seq: stored.seq,
            changed_seq: stored.changed_seq,
        }
    }
}

/// Where the entry of event `seq` is (invariant 1).
fn index(seq: Seq) -> Option<usize> {
    usize::try_from(seq.0.checked_sub(1)?).ok()
}
