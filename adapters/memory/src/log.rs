use std::collections::HashMap;

use aftermatch_ports::model::{MessageId, Seq, UserId, rules::Whose};
use aftermatch_ports::{Created, Deleted};

/// What was written in one room.
///
/// No port reads a text back, so none is kept: of a message that is there it is
/// known who wrote it, which is all that later writes ask.
pub(crate) struct Log {
    last: Seq,
    authors: HashMap<MessageId, UserId>,
}

impl Log {
    pub(crate) fn new() -> Self {
        Self {
            last: Seq::ZERO,
            authors: HashMap::new(),
        }
    }

    pub(crate) fn last(&self) -> Seq {
        self.last
    }

    pub(crate) fn create(&mut self, id: MessageId, author: UserId) -> Created {
        self.authors.insert(id, author);
        Created {
            id,
            seq: self.next(),
        }
    }

    pub(crate) fn edit(&mut self, id: MessageId, author: UserId) -> Option<Seq> {
        (self.authors.get(&id) == Some(&author)).then(|| self.next())
    }

    pub(crate) fn delete(&mut self, mut ids: Vec<MessageId>, whose: Whose) -> Option<Deleted> {
        ids.retain(|id| {
            let there = self.authors.get(id).is_some_and(|&author| match whose {
                Whose::Of(user) => author == user,
                Whose::Anyones => true,
            });
            // What comes a second time is gone by then.
            there && self.authors.remove(id).is_some()
        });
        (!ids.is_empty()).then(|| Deleted {
            ids,
            seq: self.next(),
        })
    }

    fn next(&mut self) -> Seq {
        self.last = self.last.next();
        self.last
    }
}
