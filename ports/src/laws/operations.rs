//! Short forms of what the laws do with a store.

use std::fmt::Debug;
use std::future::poll_fn;
use std::mem;
use std::sync::Arc;
use std::task::Poll;

use aftermatch_model::{
    ClientMsgId, Message, MessageId, Room, RoomId, Seq, Text, User, UserId, access::DeleteScope,
};

use super::subject::Subject;
use crate::{
    CreateOutcome, Created, Deleted, DeltaSince, Draft, HistoryPage, HistoryRange, Outcome, Page,
    Precondition, Read, RoomSummary, Scope,
};

pub(super) async fn user<S: Subject>(subject: &S, id: UserId) -> Arc<User> {
    let user = subject.people().user(id, Read::Fresh).await.unwrap();
    user.unwrap_or_else(|| panic!("user {id} exists"))
}

pub(super) async fn room<S: Subject>(subject: &S, id: RoomId) -> Arc<Room> {
    let room = subject.rooms().room(id, Read::Fresh).await.unwrap();
    room.unwrap_or_else(|| panic!("room {id} exists"))
}

/// The ids of the rooms on a page.
pub(super) async fn room_ids<S: Subject>(
    subject: &S,
    scope: Scope,
    after: Option<i64>,
    limit: usize,
) -> Vec<i64> {
    let after = after.map(RoomId);
    let page = subject.rooms().rooms(scope, Page { after, limit }).await;
    let page = page.unwrap().into_iter();
    page.map(|summary| summary.room.id.0).collect()
}

/// One room as it is listed.
pub(super) async fn summary<S: Subject>(subject: &S, scope: Scope, room: RoomId) -> RoomSummary {
    let page = Page {
        after: Some(RoomId(room.0 - 1)),
        limit: 1,
    };
    let mut page = subject.rooms().rooms(scope, page).await.unwrap();
    let summary = page.pop().unwrap_or_else(|| panic!("{room} is listed"));
    assert_eq!(summary.room.id, room);
    summary
}

/// The precondition of a write that is authorized now.
pub(super) async fn precondition<S: Subject>(
    subject: &S,
    room: RoomId,
    user: UserId,
) -> Precondition {
    Precondition {
        room,
        room_revision: self::room(subject, room).await.revision,
        user,
        user_revision: self::user(subject, user).await.revision,
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
    let draft = Draft {
        text: Text::stored(text),
        client_msg_id: client_msg_id
            .map(|id| ClientMsgId::new(id).expect("a valid client message id")),
    };
    let messages = subject.messages();
    let outcome = messages.create(precondition, draft, S::t0()).await;
    outcome.unwrap()
}

/// Creates a message of `author`, authorized now.
pub(super) async fn write<S: Subject>(subject: &S, room: RoomId, author: UserId) -> Created {
    let precondition = precondition(subject, room, author).await;
    committed(create(subject, precondition).await)
}

pub(super) async fn edit<S: Subject>(
    subject: &S,
    precondition: Precondition,
    id: MessageId,
) -> Outcome<Option<Seq>> {
    edit_to(subject, precondition, id, "hello").await
}

pub(super) async fn edit_to<S: Subject>(
    subject: &S,
    precondition: Precondition,
    id: MessageId,
    text: &str,
) -> Outcome<Option<Seq>> {
    let messages = subject.messages();
    let text = Text::stored(text);
    let outcome = messages.edit(precondition, id, text, S::t1()).await;
    outcome.unwrap()
}

pub(super) async fn delete<S: Subject>(
    subject: &S,
    precondition: Precondition,
    ids: &[MessageId],
    scope: DeleteScope,
) -> Outcome<Option<Deleted>> {
    let messages = subject.messages();
    let outcome = messages
        .delete(precondition, ids.to_vec(), scope, S::t0())
        .await;
    outcome.unwrap()
}

pub(super) async fn last_seq<S: Subject>(subject: &S, room: RoomId) -> i64 {
    subject.history().last_seq(room).await.unwrap().0
}

pub(super) async fn delta_since<S: Subject>(
    subject: &S,
    room: RoomId,
    since: i64,
    limit: usize,
) -> DeltaSince {
    let history = subject.history();
    history.delta_since(room, Seq(since), limit).await.unwrap()
}

pub(super) async fn history<S: Subject>(
    subject: &S,
    room: RoomId,
    range: HistoryRange,
    limit: usize,
) -> HistoryPage {
    let history = subject.history();
    history.history(room, range, limit).await.unwrap()
}

/// Every message of the room, oldest first.
pub(super) async fn all_messages<S: Subject>(subject: &S, room: RoomId) -> Vec<Message> {
    history(subject, room, HistoryRange::Newest, 1_000)
        .await
        .messages
}

/// How many messages the room has, and some of them, newest first.
pub(super) async fn page<S: Subject>(
    subject: &S,
    room: RoomId,
    skip: u64,
    limit: usize,
) -> (u64, Vec<Message>) {
    let history = subject.history();
    history.page(room, skip, limit).await.unwrap()
}

pub(super) async fn mark_read<S: Subject>(
    subject: &S,
    room: RoomId,
    user: UserId,
    seq: i64,
) -> i64 {
    let read_positions = subject.read_positions();
    let position = read_positions.mark_read(room, user, Seq(seq)).await;
    position.unwrap().0
}

/// Lets other work of the same thread run: a store that never waits would not.
pub(super) async fn let_others_run() {
    let mut ran = false;
    poll_fn(|context| {
        if mem::replace(&mut ran, true) {
            return Poll::Ready(());
        }
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}
