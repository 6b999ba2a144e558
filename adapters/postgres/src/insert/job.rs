use aftermatch_ports::{
    Creation, Draft, Guard, Unavailable, Written,
    model::{ClientMsgId, Timestamp},
};

use crate::retry::Attempt;

/// What a request gets for its [`Job`].
pub(super) type Answer = Result<Attempt<Written<Creation>>, Unavailable>;

/// A message to insert.
#[derive(Clone)]
pub(super) struct Job {
    pub(super) precondition: Guard,
    pub(super) draft: Draft,
    pub(super) at: Timestamp,
}

impl Job {
    pub(super) fn client_msg_id(&self) -> Option<&str> {
        self.draft.client_id.as_ref().map(ClientMsgId::as_str)
    }
}
