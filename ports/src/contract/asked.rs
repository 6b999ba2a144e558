//! What the laws ask of a subject, in few words.

use std::fmt::Debug;
use std::sync::Arc;

use aftermatch_model::{BrandId, MessageId, Room, RoomId, Seq, User, UserId, rules::Whose};

use super::{Subject, given};
use crate::{Created, Deleted, Guard, Page, Read, Written};

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
    brand: Option<BrandId>,
    after: Option<i64>,
    limit: usize,
) -> Vec<i64> {
    let after = after.map(RoomId);
    let page = subject.rooms().rooms(brand, Page { after, limit }).await;
    page.unwrap().iter().map(|room| room.id.0).collect()
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
    let messages = subject.messages();
    let created = messages.create(guard, given::text(), S::moment()).await;
    created.unwrap()
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
    let messages = subject.messages();
    let edited = messages.edit(guard, id, given::text(), S::moment()).await;
    edited.unwrap()
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
