use aftermatch_ports::{
    Commit, CreateOutcome, Created, Deleted, Draft,
    model::{Attachments, MessageId, Reason, Seq, Text, access::DeleteScope},
};

use super::{DeletedMessage, Kind, Log, Stamp, StoredMessage};
use crate::directory::Directory;

impl Log {
    /// Creates a message with an id from `next_id`, unless its client message id
    /// was used before.
    pub(crate) fn create(
        &mut self,
        directory: &Directory,
        next_id: impl FnOnce() -> MessageId,
        draft: Draft,
        stamp: Stamp,
    ) -> CreateOutcome {
        let Draft {
            text,
            attachments,
            client_msg_id,
            ..
        } = draft;
        let (author, created_at) = (stamp.by, stamp.at);
        let seq = self.last_seq().next();
        if let Some(client_msg_id) = &client_msg_id {
            let key = (author, client_msg_id.clone());
            if let Some(first) = self.client_msg_ids.get(&key) {
                return self.repeated(*first, &text, attachments.as_ref(), directory);
            }
            self.client_msg_ids.insert(key, seq);
        }
        let id = next_id();
        let kind = Kind::Created {
            id,
            text: Some(text.clone()),
            attachments: attachments.clone(),
            client_msg_id: client_msg_id.clone(),
        };
        let message = StoredMessage {
            id,
            author,
            created_at,
            edited_at: None,
            client_msg_id: client_msg_id.map(|id| (id, text.clone())),
            text,
            attachments,
            seq,
            changed_seq: seq,
        };
        self.created_by.insert(id, seq);
        self.messages.insert(seq, message);
        let commit = self.append(stamp, kind);
        CreateOutcome::Created(Created { id, commit })
    }

    /// The outcome of sending `text` and `attachments` with the client message id of the
    /// message that event `first` created.
    fn repeated(
        &self,
        first: Seq,
        text: &Text,
        attachments: Option<&Attachments>,
        directory: &Directory,
    ) -> CreateOutcome {
        let is_same = |stored: &&StoredMessage| {
            let first_text = stored.client_msg_id.as_ref().map(|(_, text)| text);
            first_text == Some(text) && stored.attachments.as_ref() == attachments
        };
        match self.messages.get(&first).filter(is_same) {
            Some(stored) => CreateOutcome::Duplicate(Box::new(self.message(stored, directory))),
            None => CreateOutcome::IdConflict,
        }
    }

    /// Replaces the text of a message, if the user of `stamp` wrote it and may have this one.
    pub(crate) fn edit(&mut self, id: MessageId, text: Text, stamp: Stamp) -> Option<Commit> {
        let seq = self.last_seq().next();
        let created = *self.created_by.get(&id)?;
        let message = self.messages.get_mut(&created)?;
        if message.author != stamp.by || text.is_blank() && message.attachments.is_none() {
            return None;
        }
        let kind = Kind::Edited {
            id,
            text: Some(text.clone()),
            created,
            replaced: message.changed_seq,
        };
        message.text = text;
        message.edited_at = Some(stamp.at);
        message.changed_seq = seq;
        Some(self.append(stamp, kind))
    }

    /// Deletes those of `ids` that exist and are in `scope`.
    pub(crate) fn delete(
        &mut self,
        ids: Vec<MessageId>,
        scope: DeleteScope,
        reason: Option<Reason>,
        stamp: Stamp,
    ) -> Option<Deleted> {
        // An id that is repeated no longer exists the second time.
        let ids = ids.into_iter();
        let messages: Vec<_> = ids.filter_map(|id| self.remove(id, scope)).collect();
        if messages.is_empty() {
            return None;
        }
        let ids: Vec<_> = messages.iter().map(|message| message.id).collect();
        let commit = self.append(stamp, Kind::Deleted { messages, reason });
        self.deleted_by
            .extend(ids.iter().map(|id| (*id, commit.seq)));
        Some(Deleted { ids, commit })
    }

    fn remove(&mut self, id: MessageId, scope: DeleteScope) -> Option<DeletedMessage> {
        let created = *self.created_by.get(&id)?;
        let author = self.messages.get(&created)?.author;
        let in_scope = match scope {
            DeleteScope::OwnedBy(user) => author == user,
            DeleteScope::Any => true,
        };
        if !in_scope {
            return None;
        }
        self.created_by.remove(&id);
        let message = self.messages.remove(&created)?;
        Some(DeletedMessage {
            id,
            created,
            replaced: message.changed_seq,
        })
    }
}
