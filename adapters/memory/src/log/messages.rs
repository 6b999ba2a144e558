use aftermatch_ports::{
    CreateOutcome, Created, Deleted, Draft,
    model::{MessageId, Seq, Text, Timestamp, UserId, access::DeleteScope},
};

use super::{Entry, Log, StoredMessage};
use crate::directory::Directory;

impl Log {
    /// Creates a message with an id from `next_id`, unless its client message id
    /// was used before.
    pub(crate) fn create(
        &mut self,
        directory: &Directory,
        next_id: impl FnOnce() -> MessageId,
        author: UserId,
        draft: Draft,
        at: Timestamp,
    ) -> CreateOutcome {
        let Draft {
            text,
            client_msg_id,
        } = draft;
        let seq = self.last_seq().next();
        if let Some(client_msg_id) = &client_msg_id {
            let key = (author, client_msg_id.clone());
            if let Some(&first) = self.client_msg_ids.get(&key) {
                return self.repeated(first, &text, directory);
            }
            self.client_msg_ids.insert(key, seq);
        }
        let id = next_id();
        self.messages.insert(id, seq);
        self.entries.push(Entry::Message(StoredMessage {
            id,
            author,
            created_at: at,
            edited_at: None,
            client_msg_id: client_msg_id.map(|id| (id, text.clone())),
            text,
            seq,
            changed_seq: seq,
        }));
        CreateOutcome::Created(Created { id, seq })
    }

    /// The outcome of sending `text` with the client message id of the message that
    /// event `first` created.
    fn repeated(&self, first: Seq, text: &Text, directory: &Directory) -> CreateOutcome {
        let same_text = |stored: &&StoredMessage| {
            let first_text = stored.client_msg_id.as_ref().map(|(_, text)| text);
            first_text == Some(text)
        };
        match self.stored(first).filter(same_text) {
            Some(stored) => CreateOutcome::Duplicate(Box::new(self.message(stored, directory))),
            None => CreateOutcome::IdConflict,
        }
    }

    /// Replaces the text of a message of `author`.
    pub(crate) fn edit(
        &mut self,
        id: MessageId,
        author: UserId,
        text: Text,
        at: Timestamp,
    ) -> Option<Seq> {
        let seq = self.last_seq().next();
        let created = *self.messages.get(&id)?;
        let Some(Entry::Message(message)) = self.entry_mut(created) else {
            return None;
        };
        if message.author != author {
            return None;
        }
        message.text = text;
        message.edited_at = Some(at);
        message.changed_seq = seq;
        self.entries.push(Entry::Edit(created));
        Some(seq)
    }

    /// Deletes those of `ids` that exist and are in `scope`.
    pub(crate) fn delete(
        &mut self,
        mut ids: Vec<MessageId>,
        scope: DeleteScope,
    ) -> Option<Deleted> {
        let mut deleted = Vec::new();
        // An id that is repeated no longer exists the second time.
        ids.retain(|id| match self.messages.get(id) {
            Some(&created) if self.is_in_scope(created, scope) => {
                self.messages.remove(id);
                if let Some(entry) = self.entry_mut(created) {
                    *entry = Entry::DeletedMessage;
                }
                deleted.push((*id, created));
                true
            }
            _ => false,
        });
        if ids.is_empty() {
            return None;
        }
        self.entries.push(Entry::Deletion(deleted));
        let seq = self.last_seq();
        Some(Deleted { ids, seq })
    }

    fn is_in_scope(&self, created: Seq, scope: DeleteScope) -> bool {
        self.stored(created).is_some_and(|message| match scope {
            DeleteScope::OwnedBy(user) => message.author == user,
            DeleteScope::Any => true,
        })
    }
}
