use aftermatch_ports::{
    CreateOutcome, Draft, Outcome, Precondition, StoreError,
    model::{ClientMsgId, Timestamp},
};

use crate::retry::Attempt;

/// What a request gets for its [`Job`].
pub(super) type Answer = Result<Attempt<Outcome<CreateOutcome>>, StoreError>;

/// A message to insert.
#[derive(Clone)]
pub(super) struct Job {
    pub(super) precondition: Precondition,
    pub(super) draft: Draft,
    pub(super) at: Timestamp,
}

impl Job {
    pub(super) fn client_msg_id(&self) -> Option<&str> {
        self.draft.client_msg_id.as_ref().map(ClientMsgId::as_str)
    }
}
