use std::sync::Arc;

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
    /// The messages that were there then and are no more.
    pub gone: Vec<MessageId>,
    /// The number of the last change by which one of them went; that of the
    /// beginning where none did.
    pub gone_at: Seq,
}

impl Net {
    /// The changes that make a room of number `since` what it is now, by their
    /// numbers: a creation for each message that is new, as it reads now, an
    /// edit for each older one, one deletion for all that are gone.
    #[must_use]
    pub fn steps(self, since: Seq) -> Vec<(Seq, What)> {
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
        if !self.gone.is_empty() {
            let (ids, missing) = (self.gone, Vec::new());
            steps.push((self.gone_at, What::Deleted { ids, missing }));
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
            gone: vec![MessageId(1), MessageId(3)],
            gone_at: Seq(13),
        };
        let deleted = What::Deleted {
            ids: vec![MessageId(1), MessageId(3)],
            missing: vec![],
        };
        let edited = What::Edited {
            id: old.id,
            text: old.text,
        };
        let expected = [
            (Seq(12), What::Created(new)),
            (Seq(13), deleted),
            (Seq(14), edited),
        ];
        assert_eq!(net.steps(Seq(10)), expected);
    }

    #[test]
    fn nothing_different_takes_no_step() {
        let net = Net {
            living: vec![],
            gone: vec![],
            gone_at: Seq(10),
        };
        assert_eq!(net.steps(Seq(10)), []);
    }
}
