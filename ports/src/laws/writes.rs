//! Short forms of how the laws write messages.

use std::fmt::Debug;

use aftermatch_model::{
    ClientMsgId, MessageId, Reason, RequestId, RoomId, Seq, Text, UserId, access::DeleteScope,
};

use super::{operations, subject::Subject};
use crate::{Commit, CreateOne, CreateOutcome, Created, Deleted, Draft, Outcome, Precondition};

/// The precondition of a write that is authorized now.
pub(super) async fn precondition<S: Subject>(
    subject: &S,
    room: RoomId,
    user: UserId,
) -> Precondition {
    let found = operations::room(subject, room).await;
    Precondition {
        room,
        room_revision: found.revision,
        room_epoch: found.epoch.room,
        user,
        user_revision: operations::user(subject, user).await.revision,
    }
}

pub(super) fn committed<T: Debug>(outcome: Outcome<T>) -> T {
    match outcome {
        Outcome::Committed(committed) => committed,
        Outcome::Conflict => panic!("neither the room nor the user has changed"),
    }
}

pub(super) async fn create<S: Subject>(
    subject: &S,
    precondition: Precondition,
) -> Outcome<Created> {
    match create_with(subject, precondition, "hello", None).await {
        Outcome::Committed(CreateOutcome::Created(created)) => Outcome::Committed(created),
        Outcome::Committed(other) => panic!("there is no client message id: {other:?}"),
        Outcome::Conflict => Outcome::Conflict,
    }
}

/// Creates a message with this text and this client message id.
pub(super) async fn create_with<S: Subject>(
    subject: &S,
    precondition: Precondition,
    text: &str,
    client_msg_id: Option<&str>,
) -> Outcome<CreateOutcome> {
    create_for(subject, precondition, text, client_msg_id, RequestId::NONE).await
}

/// Creates a message for a request with this id.
pub(super) async fn create_for<S: Subject>(
    subject: &S,
    precondition: Precondition,
    text: &str,
    client_msg_id: Option<&str>,
    request_id: RequestId,
) -> Outcome<CreateOutcome> {
    let draft = Draft {
        request_id,
        ..draft(text, client_msg_id)
    };
    create_draft(subject, precondition, draft).await
}

/// A message with this text and this client message id.
pub(super) fn draft(text: &str, client_msg_id: Option<&str>) -> Draft {
    Draft {
        text: Text::stored(text),
        attachments: None,
        client_msg_id: client_msg_id.map(self::client_msg_id),
        request_id: RequestId::NONE,
    }
}

/// Creates what a draft says.
pub(super) async fn create_draft<S: Subject>(
    subject: &S,
    precondition: Precondition,
    draft: Draft,
) -> Outcome<CreateOutcome> {
    let outcome = subject.messages().create_one(precondition, draft).await;
    outcome.unwrap()
}

/// Creates what these drafts say.
pub(super) async fn create_all<S: Subject>(
    subject: &S,
    precondition: Precondition,
    drafts: Vec<Draft>,
) -> Vec<Outcome<CreateOutcome>> {
    let outcomes = subject.messages().create(precondition, drafts).await;
    outcomes.into_iter().map(Result::unwrap).collect()
}

pub(super) fn client_msg_id(id: &str) -> ClientMsgId {
    ClientMsgId::new(id).expect("a valid client message id")
}

/// Creates a message of `author`, authorized now.
pub(super) async fn write<S: Subject>(subject: &S, room: RoomId, author: UserId) -> Created {
    let precondition = precondition(subject, room, author).await;
    committed(create(subject, precondition).await)
}

/// Edits a message. Returns the number of the event.
pub(super) async fn edit<S: Subject>(
    subject: &S,
    precondition: Precondition,
    id: MessageId,
) -> Outcome<Option<Seq>> {
    match edit_to(subject, precondition, id, "hello").await {
        Outcome::Committed(commit) => Outcome::Committed(commit.map(|commit| commit.seq)),
        Outcome::Conflict => Outcome::Conflict,
    }
}

pub(super) async fn edit_to<S: Subject>(
    subject: &S,
    precondition: Precondition,
    id: MessageId,
    text: &str,
) -> Outcome<Option<Commit>> {
    edit_for(subject, precondition, id, text, RequestId::NONE).await
}

/// Edits a message for a request with this id.
pub(super) async fn edit_for<S: Subject>(
    subject: &S,
    precondition: Precondition,
    id: MessageId,
    text: &str,
    request_id: RequestId,
) -> Outcome<Option<Commit>> {
    let messages = subject.messages();
    let text = Text::stored(text);
    let outcome = messages.edit(precondition, id, text, request_id).await;
    outcome.unwrap()
}

pub(super) async fn delete<S: Subject>(
    subject: &S,
    precondition: Precondition,
    ids: &[MessageId],
    scope: DeleteScope,
) -> Outcome<Option<Deleted>> {
    delete_for(subject, precondition, ids, scope, None, RequestId::NONE).await
}

/// Deletes messages for this reason and for a request with this id.
pub(super) async fn delete_for<S: Subject>(
    subject: &S,
    precondition: Precondition,
    ids: &[MessageId],
    scope: DeleteScope,
    reason: Option<Reason>,
    request_id: RequestId,
) -> Outcome<Option<Deleted>> {
    let messages = subject.messages();
    let outcome = messages
        .delete(precondition, ids.to_vec(), scope, reason, request_id)
        .await;
    outcome.unwrap()
}
