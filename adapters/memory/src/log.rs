use std::collections::HashMap;

use aftermatch_ports::model::{
    Author, ClientMsgId, Message, MessageId, RoomId, Seq, Text, Timestamp, UserId, rules::Whose,
};
use aftermatch_ports::{Created, Creation, Deleted, Draft};

use crate::directory::Directory;

mod reads;

/// What was written in one room, and how far it was read.
///
/// A change stands at the place of its number and stays there: who comes back
/// after any number is told what stands behind it.
pub(crate) struct Log {
    room: RoomId,
    changes: Vec<Entry>,
    /// The messages that are there, by the numbers that created them.
    places: HashMap<MessageId, Seq>,
    /// The messages that ever had a client id, gone or not.
    named: HashMap<(UserId, ClientMsgId), Seq>,
    marks: HashMap<UserId, Seq>,
}

enum Entry {
    /// A message was created, and is there.
    Living(Kept),
    /// A message was created, and has been deleted since.
    Dead,
    /// The message of that number was edited.
    Edit(Seq),
    /// These messages were deleted. The numbers are those that created them.
    Deletion(Vec<(MessageId, Seq)>),
}

struct Kept {
    id: MessageId,
    author: UserId,
    text: Text,
    at: Timestamp,
    edited_at: Option<Timestamp>,
    /// What its author's program calls it, and the text that was sent under it.
    name: Option<(ClientMsgId, Text)>,
    seq: Seq,
    changed: Seq,
}

impl Log {
    pub(crate) fn new(room: RoomId) -> Self {
        Self {
            room,
            changes: Vec::new(),
            places: HashMap::new(),
            named: HashMap::new(),
            marks: HashMap::new(),
        }
    }

    pub(crate) fn last(&self) -> Seq {
        Seq(i64::try_from(self.changes.len()).unwrap_or(i64::MAX))
    }

    /// Keeps the draft under the id it asks for, unless its client id is known.
    pub(crate) fn create(
        &mut self,
        people: &Directory,
        id: impl FnOnce() -> MessageId,
        author: UserId,
        draft: Draft,
        at: Timestamp,
    ) -> Creation {
        let Draft { text, client_id } = draft;
        let seq = self.last().next();
        let mut name = None;
        if let Some(client_id) = client_id {
            let key = (author, client_id.clone());
            if let Some(&before) = self.named.get(&key) {
                return match self.sent(before, &text) {
                    Some(kept) => Creation::Repeated(Box::new(self.message(kept, people))),
                    None => Creation::Taken,
                };
            }
            self.named.insert(key, seq);
            name = Some((client_id, text.clone()));
        }
        let id = id();
        self.places.insert(id, seq);
        self.changes.push(Entry::Living(Kept {
            id,
            author,
            text,
            at,
            edited_at: None,
            name,
            seq,
            changed: seq,
        }));
        Creation::Created(Created { id, seq })
    }

    pub(crate) fn edit(
        &mut self,
        id: MessageId,
        author: UserId,
        text: Text,
        at: Timestamp,
    ) -> Option<Seq> {
        let seq = self.last().next();
        let place = *self.places.get(&id)?;
        let Some(Entry::Living(kept)) = self.entry_mut(place) else {
            return None;
        };
        if kept.author != author {
            return None;
        }
        kept.text = text;
        kept.edited_at = Some(at);
        kept.changed = seq;
        self.changes.push(Entry::Edit(place));
        Some(seq)
    }

    pub(crate) fn delete(&mut self, mut ids: Vec<MessageId>, whose: Whose) -> Option<Deleted> {
        let mut gone = Vec::new();
        // What comes a second time is gone by then.
        ids.retain(|id| match self.places.get(id) {
            Some(&place) if self.is_of(place, whose) => {
                self.places.remove(id);
                if let Some(entry) = self.entry_mut(place) {
                    *entry = Entry::Dead;
                }
                gone.push((*id, place));
                true
            }
            _ => false,
        });
        if ids.is_empty() {
            return None;
        }
        self.changes.push(Entry::Deletion(gone));
        let seq = self.last();
        Some(Deleted { ids, seq })
    }

    fn is_of(&self, place: Seq, whose: Whose) -> bool {
        self.kept(place).is_some_and(|kept| match whose {
            Whose::Of(user) => kept.author == user,
            Whose::Anyones => true,
        })
    }

    /// The message of that number, if it is there and was sent with this text.
    fn sent(&self, place: Seq, text: &Text) -> Option<&Kept> {
        let kept = self.kept(place)?;
        let (_, first) = kept.name.as_ref()?;
        (first == text).then_some(kept)
    }

    fn kept(&self, place: Seq) -> Option<&Kept> {
        match self.changes.get(index(place)?)? {
            Entry::Living(kept) => Some(kept),
            _ => None,
        }
    }

    fn entry_mut(&mut self, place: Seq) -> Option<&mut Entry> {
        self.changes.get_mut(index(place)?)
    }

    fn message(&self, kept: &Kept, people: &Directory) -> Message {
        Message {
            id: kept.id,
            room: self.room,
            author: Author {
                id: kept.author,
                profile: people.profile(kept.author),
            },
            text: kept.text.clone(),
            at: kept.at,
            edited_at: kept.edited_at,
            client_id: kept.name.as_ref().map(|(name, _)| name.clone()),
            seq: kept.seq,
            changed: kept.changed,
        }
    }
}

/// Where the change of that number stands.
fn index(seq: Seq) -> Option<usize> {
    usize::try_from(seq.0.checked_sub(1)?).ok()
}
