use aftermatch_ports::{
    Chat, ChatError, CreateOutcome, Created, Deleted, Outcome, Precondition, StoreError,
    model::{MessageId, RequestId, Session},
};
use pollster::block_on;

use self::Command::{Create, Delete, Edit};
use crate::testing::{Mocks, commit, create, submission};

/// A write request, with the part of it that tests vary.
#[derive(Debug, Clone, Copy)]
pub(super) enum Command {
    Create(&'static str),
    Edit(&'static str),
    /// This many messages.
    Delete(usize),
}

pub(super) const COMMANDS: [Command; 3] = [Create("hello"), Edit("hello"), Delete(2)];

/// What the store returns for a write.
#[derive(Clone, Copy)]
pub(super) enum StoreResult {
    Committed,
    Conflict,
    Failed,
}

impl StoreResult {
    fn with<T>(self, committed: T) -> Result<Outcome<T>, StoreError> {
        match self {
            Self::Committed => Ok(Outcome::Committed(committed)),
            Self::Conflict => Ok(Outcome::Conflict),
            Self::Failed => Err(StoreError::permanent("the store is broken")),
        }
    }
}

impl Command {
    pub(super) fn send(self, chat: &impl Chat, session: &Session) -> Result<(), ChatError> {
        let request_id = RequestId::new("7");
        let id = MessageId(1);
        match self {
            Create(text) => {
                let answer = create(chat, session, submission(text));
                answer.map(|duplicate| assert_eq!(duplicate, None))
            }
            Edit(text) => block_on(chat.edit_message(session, id, text, request_id)),
            Delete(count) => {
                block_on(chat.delete_messages(session, vec![id.into(); count], None, request_id))
            }
        }
    }

    /// The store gets this write with `precondition` exactly `times` times.
    pub(super) fn expect(
        self,
        mocks: &mut Mocks,
        precondition: Precondition,
        times: usize,
        result: StoreResult,
    ) {
        let messages = &mut mocks.messages;
        let (id, commit) = (MessageId(1), commit(42));
        match self {
            Create(_) => {
                let call = messages.expect_create().times(times);
                let created = CreateOutcome::Created(Created { id, commit });
                call.withf(move |given, _| *given == precondition)
                    .returning(move |_, _| vec![result.with(created.clone())]);
            }
            Edit(_) => {
                let call = messages.expect_edit().times(times);
                call.withf(move |given, _, _, _| *given == precondition)
                    .returning(move |_, _, _, _| result.with(Some(commit)));
            }
            Delete(_) => {
                let call = messages.expect_delete().times(times);
                call.withf(move |given, _, _, _, _| *given == precondition)
                    .returning(move |_, ids, _, _, _| result.with(Some(Deleted { ids, commit })));
            }
        }
    }
}
