use aftermatch_ports::{
    Chat, ChatError, Created, Creation, Deleted, Guard, MockMessages, Unavailable, Written,
    model::{MessageId, Seq, Session, Tag},
};
use pollster::block_on;

use self::{
    Answer::{Kept, Lost, Stale},
    Command::{Create, Delete, Edit},
};

/// A write, and what of it a test may want to vary.
#[derive(Debug, Clone, Copy)]
pub(super) enum Command {
    Create(&'static str),
    Edit(&'static str),
    /// So many messages.
    Delete(usize),
}

pub(super) const COMMANDS: [Command; 3] = [Create("hello"), Edit("hello"), Delete(2)];

/// What the store answers to a write.
#[derive(Clone, Copy)]
pub(super) enum Answer {
    Kept,
    Stale,
    Lost,
}

impl Answer {
    fn with<T>(self, done: T) -> Result<Written<T>, Unavailable> {
        match self {
            Kept => Ok(Written::Done(done)),
            Stale => Ok(Written::Stale),
            Lost => Err(Unavailable::lasting("the store is broken")),
        }
    }
}

impl Command {
    pub(super) fn ask(self, chat: &impl Chat, session: &Session) -> Result<(), ChatError> {
        let tag = Tag::new("7");
        let id = MessageId(1);
        match self {
            Create(text) => {
                let create = chat.create_message(session, text, None, tag);
                block_on(create).map(|repeated| assert_eq!(repeated, None))
            }
            Edit(text) => block_on(chat.edit_message(session, id, text, tag)),
            Delete(count) => block_on(chat.delete_messages(session, vec![id; count], tag)),
        }
    }

    /// The store is asked for it under `guard`, exactly so often.
    pub(super) fn expect(
        self,
        messages: &mut MockMessages,
        guard: Guard,
        times: usize,
        answer: Answer,
    ) {
        let (id, seq) = (MessageId(1), Seq(42));
        match self {
            Create(_) => {
                let call = messages.expect_create().times(times);
                let created = Creation::Created(Created { id, seq });
                call.withf(move |under, _, _| *under == guard)
                    .returning(move |_, _, _| answer.with(created.clone()));
            }
            Edit(_) => {
                let call = messages.expect_edit().times(times);
                call.withf(move |under, _, _, _| *under == guard)
                    .returning(move |_, _, _, _| answer.with(Some(seq)));
            }
            Delete(_) => {
                let call = messages.expect_delete().times(times);
                call.withf(move |under, _, _, _| *under == guard)
                    .returning(move |_, ids, _, _| answer.with(Some(Deleted { ids, seq })));
            }
        }
    }
}
