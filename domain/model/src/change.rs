use std::{collections::BTreeMap, sync::Arc};

use crate::{Message, MessageId, RoomView, Seq, SessionId, Text};

/// Something that happened in a room, was kept, and is now to be told to
/// everyone joined.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Its place among the room's changes.
    pub seq: Seq,
    /// The room it was judged by, at the revision at which it was kept.
    pub room: RoomView,
    /// The connection that asked for it; `None` for one of another process.
    pub asker: Option<SessionId>,
    /// What the asker put on the request.
    pub tag: Tag,
    /// What happened.
    pub what: What,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    /// A message was written.
    Created(Message),
    /// A message's text was replaced.
    Edited {
        /// Its number.
        id: MessageId,
        /// The new text.
        text: Text,
    },
    /// Messages were deleted.
    Deleted {
        /// Those really deleted, in the order asked, once each.
        ids: Vec<MessageId>,
        /// Those asked for and not deleted, in the order asked, once each. The
        /// asker's own business.
        missing: Vec<MessageId>,
    },
}

/// A client's mark on its request, handed on unread to everyone who is told
/// what came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tag(Option<Arc<str>>);

impl Tag {
    /// For what nobody asked for.
    pub const NONE: Self = Self(None);

    /// Takes the mark as the client wrote it.
    pub fn new(mark: impl Into<Arc<str>>) -> Self {
        Self(Some(mark.into()))
    }

    /// The mark, as it was written.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        self.0.as_deref()
    }
}

/// What became of a room since one of its numbers: not every step, but what is
/// different now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Net {
    /// The messages that are there and were created or edited since.
    pub living: Vec<Message>,
    /// The messages that were there then and are no more, each with the number of
    /// the change by which it went.
    pub gone: Vec<(MessageId, Seq)>,
}

impl Net {
    /// The changes that make a room of number `since` what it is now, by their
    /// numbers: a creation for each message that is new, as it reads now, an
    /// edit for each older one, one deletion for all that are gone.
    ///
    /// It stands at the number of the first of theirs: whoever was told no more
    /// than the beginning, and asks again from there on, is told again of those
    /// that went later, and has missed none.
    #[must_use]
    pub fn steps(self, since: Seq) -> Vec<(Seq, What)> {
        let first = self.gone.iter().map(|(_, seq)| *seq).min();
        self.steps_with(since, |_| first)
    }

    /// The same with every deletion at its own number.
    #[must_use]
    pub fn single_steps(self, since: Seq) -> Vec<(Seq, What)> {
        self.steps_with(since, Some)
    }

    fn steps_with(self, since: Seq, at: impl Fn(Seq) -> Option<Seq>) -> Vec<(Seq, What)> {
        let mut steps: Vec<_> = self
            .living
            .into_iter()
            .map(|message| {
                if message.seq > since {
                    return (message.seq, What::Created(message));
                }
                let Message { id, text, .. } = message;
                (message.changed, What::Edited { id, text })
            })
            .collect();
        let mut deletions: BTreeMap<Seq, Vec<MessageId>> = BTreeMap::new();
        for (id, seq) in self.gone {
            let seq = at(seq).unwrap_or(seq);
            deletions.entry(seq).or_default().push(id);
        }
        for (seq, ids) in deletions {
            let missing = Vec::new();
            steps.push((seq, What::Deleted { ids, missing }));
        }
        steps.sort_by_key(|(seq, _)| *seq);
        steps
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Author, Profile, RoomId, UserId};

    fn message(id: i64, seq: i64, changed: i64) -> Message {
        Message {
            id: MessageId(id),
            room: RoomId(1),
            author: Author {
                id: UserId(3),
                profile: Profile::new("{}"),
            },
            text: Text::kept("text"),
            at: time::OffsetDateTime::UNIX_EPOCH.into(),
            edited_at: None,
            client_id: None,
            seq: Seq(seq),
            changed: Seq(changed),
        }
    }

    #[test]
    fn steps_are_what_is_different_in_the_order_of_their_numbers() {
        let (new, old) = (message(7, 12, 15), message(2, 4, 14));
        let net = Net {
            living: vec![old.clone(), new.clone()],
            gone: vec![(MessageId(1), Seq(13)), (MessageId(3), Seq(11))],
        };
        let deleted = |ids: &[i64]| What::Deleted {
            ids: ids.iter().copied().map(MessageId).collect(),
            missing: vec![],
        };
        let edited = What::Edited {
            id: old.id,
            text: old.text,
        };
        let expected = [
            (Seq(11), deleted(&[1, 3])),
            (Seq(12), What::Created(new.clone())),
            (Seq(14), edited.clone()),
        ];
        assert_eq!(net.clone().steps(Seq(10)), expected);
        let expected = [
            (Seq(11), deleted(&[3])),
            (Seq(12), What::Created(new)),
            (Seq(13), deleted(&[1])),
            (Seq(14), edited),
        ];
        assert_eq!(net.single_steps(Seq(10)), expected);
    }

    #[test]
    fn nothing_different_takes_no_step() {
        let net = Net {
            living: vec![],
            gone: vec![],
        };
        assert_eq!(net.steps(Seq(10)), []);
    }
}
