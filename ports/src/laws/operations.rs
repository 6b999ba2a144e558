//! Short forms of how the laws read a store.

use std::future::poll_fn;
use std::mem;
use std::sync::Arc;
use std::task::Poll;

use aftermatch_model::{LogHead, LoggedEvent, Message, MessageId, Room, RoomId, Seq, User, UserId};

use super::subject::Subject;
use crate::{
    AuditPage, DeltaSince, HistoryPage, HistoryRange, LogPage, Page, Read, RoomSummary, Scope,
    VersionsPage,
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

/// How far the room's log goes; `None` if there is no such room.
pub(super) async fn head<S: Subject>(subject: &S, room: RoomId) -> Option<LogHead> {
    subject.log().head(room).await.unwrap()
}

/// The number of the room's last event; 0 if there is no such room.
pub(super) async fn last_seq<S: Subject>(subject: &S, room: RoomId) -> i64 {
    let head = head(subject, room).await;
    head.map_or(0, |head| head.last_seq.0)
}

/// Events of a room that exists, as they were.
pub(super) async fn events<S: Subject>(
    subject: &S,
    room: RoomId,
    after: i64,
    limit: usize,
) -> LogPage {
    let page = subject.log().events(room, Seq(after), limit).await;
    page.unwrap()
        .unwrap_or_else(|| panic!("room {room} exists"))
}

/// What a message of the room was before event `before`.
pub(super) async fn versions<S: Subject>(
    subject: &S,
    room: RoomId,
    id: MessageId,
    before: Option<Seq>,
    limit: usize,
) -> Option<VersionsPage> {
    let log = subject.log();
    log.versions(room, id, before, limit).await.unwrap()
}

/// What was edited and deleted in the room before event `before`.
pub(super) async fn audit<S: Subject>(
    subject: &S,
    room: RoomId,
    before: Option<Seq>,
    limit: usize,
) -> AuditPage {
    subject.log().audit(room, before, limit).await.unwrap()
}

/// Every event of the room, as it was.
pub(super) async fn all_events<S: Subject>(subject: &S, room: RoomId) -> Vec<LoggedEvent> {
    let page = events(subject, room, 0, 1_000).await;
    page.events.expect("nothing was purged")
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

/// Where a delta goes on, up to event `last`.
pub(super) async fn next_delta<S: Subject>(
    subject: &S,
    room: RoomId,
    since: Seq,
    next: Seq,
    last: Seq,
) -> DeltaSince {
    let history = subject.history();
    history.next_delta(room, since, next..=last).await.unwrap()
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
    let mark = read_positions.mark_read(room, user, Seq(seq), true).await;
    mark.unwrap().seq.0
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
