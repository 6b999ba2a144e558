//! What the laws ask of a subject, in few words.

use std::fmt::Debug;
use std::future::poll_fn;
use std::mem;
use std::sync::Arc;
use std::task::Poll;

use aftermatch_model::{
    ClientMsgId, Message, MessageId, Room, RoomId, Seq, Text, User, UserId, rules::Whose,
};

use super::Subject;
use crate::{
    Changes, Created, Creation, Deleted, Draft, Guard, History, Overview, Page, Read, Scope,
    Stretch, Written,
};

pub(super) async fn user<S: Subject>(subject: &S, id: UserId) -> Arc<User> {
    let user = subject.people().user(id, Read::Fresh).await.unwrap();
    user.unwrap_or_else(|| panic!("user {id} is there"))
}

pub(super) async fn room<S: Subject>(subject: &S, id: RoomId) -> Arc<Room> {
    let room = subject.rooms().room(id, Read::Fresh).await.unwrap();
    room.unwrap_or_else(|| panic!("room {id} is there"))
}

/// The numbers of the rooms on a page.
pub(super) async fn page<S: Subject>(
    subject: &S,
    scope: Scope,
    after: Option<i64>,
    limit: usize,
) -> Vec<i64> {
    let after = after.map(RoomId);
    let page = subject.rooms().rooms(scope, Page { after, limit }).await;
    let page = page.unwrap().into_iter();
    page.map(|listed| listed.room.id.0).collect()
}

/// The room of that number as it is listed.
pub(super) async fn listed<S: Subject>(subject: &S, scope: Scope, room: RoomId) -> Overview {
    let page = Page {
        after: Some(RoomId(room.0 - 1)),
        limit: 1,
    };
    let mut page = subject.rooms().rooms(scope, page).await.unwrap();
    let listed = page.pop().unwrap_or_else(|| panic!("{room} is listed"));
    assert_eq!(listed.room.id, room);
    listed
}

/// A guard on the room and the user as they are now.
pub(super) async fn guard<S: Subject>(subject: &S, room: RoomId, user: UserId) -> Guard {
    Guard {
        room,
        room_revision: self::room(subject, room).await.revision,
        user,
        user_revision: self::user(subject, user).await.revision,
    }
}

pub(super) fn done<T: Debug>(written: Written<T>) -> T {
    match written {
        Written::Done(what) => what,
        Written::Stale => panic!("nothing that the guard was judged by has changed"),
    }
}

pub(super) async fn create<S: Subject>(subject: &S, guard: Guard) -> Written<Created> {
    match send(subject, guard, "hello", None).await {
        Written::Done(Creation::Created(created)) => Written::Done(created),
        Written::Done(other) => panic!("there is no client id to know it by: {other:?}"),
        Written::Stale => Written::Stale,
    }
}

/// What comes of that text under that client id.
pub(super) async fn send<S: Subject>(
    subject: &S,
    guard: Guard,
    text: &str,
    client_id: Option<&str>,
) -> Written<Creation> {
    let draft = Draft {
        text: Text::kept(text),
        client_id: client_id.map(|id| ClientMsgId::new(id).expect("a fit client id")),
    };
    let messages = subject.messages();
    messages.create(guard, draft, S::moment()).await.unwrap()
}

/// A message of the author, with a guard of this moment.
pub(super) async fn write<S: Subject>(subject: &S, room: RoomId, author: UserId) -> Created {
    let guard = guard(subject, room, author).await;
    done(create(subject, guard).await)
}

pub(super) async fn edit<S: Subject>(
    subject: &S,
    guard: Guard,
    id: MessageId,
) -> Written<Option<Seq>> {
    edit_to(subject, guard, id, "hello").await
}

pub(super) async fn edit_to<S: Subject>(
    subject: &S,
    guard: Guard,
    id: MessageId,
    text: &str,
) -> Written<Option<Seq>> {
    let messages = subject.messages();
    let text = Text::kept(text);
    messages.edit(guard, id, text, S::later()).await.unwrap()
}

pub(super) async fn delete<S: Subject>(
    subject: &S,
    guard: Guard,
    ids: &[MessageId],
    whose: Whose,
) -> Written<Option<Deleted>> {
    let messages = subject.messages();
    let deleted = messages
        .delete(guard, ids.to_vec(), whose, S::moment())
        .await;
    deleted.unwrap()
}

pub(super) async fn last_seq<S: Subject>(subject: &S, room: RoomId) -> i64 {
    subject.messages().last_seq(room).await.unwrap().0
}

pub(super) async fn changes<S: Subject>(
    subject: &S,
    room: RoomId,
    since: i64,
    most: usize,
) -> Changes {
    let messages = subject.messages();
    messages.changes(room, Seq(since), most).await.unwrap()
}

pub(super) async fn history<S: Subject>(
    subject: &S,
    room: RoomId,
    stretch: Stretch,
    limit: usize,
) -> History {
    let messages = subject.messages();
    messages.history(room, stretch, limit).await.unwrap()
}

/// Every message of the room, oldest first.
pub(super) async fn all<S: Subject>(subject: &S, room: RoomId) -> Vec<Message> {
    history(subject, room, Stretch::Newest, 1_000)
        .await
        .messages
}

pub(super) async fn newest<S: Subject>(
    subject: &S,
    room: RoomId,
    skip: u64,
    limit: usize,
) -> (u64, Vec<Message>) {
    let messages = subject.messages();
    messages.newest(room, skip, limit).await.unwrap()
}

pub(super) async fn mark_read<S: Subject>(
    subject: &S,
    room: RoomId,
    user: UserId,
    seq: i64,
) -> i64 {
    let messages = subject.messages();
    messages.mark_read(room, user, Seq(seq)).await.unwrap().0
}

/// A store that never waits would keep its thread, and what it races would never
/// begin.
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
