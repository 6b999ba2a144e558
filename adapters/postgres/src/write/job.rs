use std::sync::Arc;

use aftermatch_ports::{
    CreateOutcome, Deleted, Draft, Outcome, Precondition, StoreError,
    model::{Attachments, ClientMsgId, MessageId, Reason, RequestId, RoomId, Text, UserId},
};

use crate::retry::Attempt;

/// A longer request id is not stored. Those of real clients are far shorter.
const MAX_REQUEST_ID_BYTES: usize = 1_000;

/// What a request gets for its [`Job`].
pub(crate) type Answer = Result<Written, StoreError>;

/// How a write was decided, or that it has to be tried again.
pub(crate) type Attempted<T> = Attempt<Outcome<T>>;

/// What became of a job.
pub(crate) enum Written {
    /// For [`Job::Create`]: of each message.
    Create(Vec<Result<Attempted<CreateOutcome>, StoreError>>),
    /// For [`Job::Change`]: the messages that were edited or deleted, in the order
    /// of the request, once each. `None`: none of them.
    Change(Attempted<Option<Deleted>>),
    /// For [`Job::Check`]: nothing, but it could have.
    Nothing,
}

/// A write.
#[derive(Clone)]
pub(crate) enum Job {
    /// Messages that are created in this order, under the same precondition.
    Create(Vec<Create>),
    Change(Change),
    /// Whether the connection could write.
    Check,
}

/// A message to insert.
#[derive(Clone)]
pub(crate) struct Create {
    pub(crate) precondition: Precondition,
    pub(crate) draft: Draft,
}

/// Messages to edit or delete.
#[derive(Clone)]
pub(crate) struct Change {
    pub(crate) precondition: Precondition,
    pub(crate) request_id: RequestId,
    pub(crate) what: What,
}

#[derive(Clone)]
pub(crate) enum What {
    /// A message of the precondition's user gets another text.
    Edit { id: MessageId, text: Text },
    /// Messages are deleted, only those of this author if there is one.
    Delete {
        ids: Arc<[MessageId]>,
        author: Option<UserId>,
        reason: Option<Reason>,
    },
}

impl Job {
    /// The room, if it writes in one.
    pub(super) fn room(&self) -> Option<RoomId> {
        match self {
            Self::Create(creates) => creates.first().map(|create| create.precondition.room),
            Self::Change(change) => Some(change.precondition.room),
            Self::Check => None,
        }
    }
}

impl Create {
    pub(super) fn client_msg_id(&self) -> Option<&str> {
        self.draft.client_msg_id.as_ref().map(ClientMsgId::as_str)
    }

    pub(super) fn attachments(&self) -> Option<&str> {
        self.draft.attachments.as_ref().map(Attachments::as_str)
    }

    pub(super) fn stored_request_id(&self) -> Option<&str> {
        stored(&self.draft.request_id)
    }
}

/// The request id as the log has it.
pub(super) fn stored(request_id: &RequestId) -> Option<&str> {
    // Postgres has no text with U+0000.
    let fits = |id: &&str| id.len() <= MAX_REQUEST_ID_BYTES && !id.contains('\0');
    request_id.as_str().filter(fits)
}
