use std::collections::{HashMap, HashSet};
use std::mem;
use std::sync::{Arc, Mutex};

use aftermatch_model::{BrandId, RoomId, Seq, UserId, access::DeleteScope};

use super::changes::{Change, Known, assert_known, changes, known, make, wait_until_quiet};
use super::fixtures::{
    ADMIN, ANNA, ANNA_BRAND, BORIS, OTHER, ROOM, brand, inactive, many_users, message, profile,
    room, two_rooms, user,
};
use super::operations::{self, head, let_others_run, mark_read};
use super::subject::{Subject, Work};
use super::writes::{committed, create, delete, edit_to, precondition, write};
use crate::{Changes, Read};

/// Waiting for a recheck ends, whether or not anything changed.
pub async fn recheck_returns_without_any_change<S: Subject>() {
    let subject = S::with_world(two_rooms(vec![])).await;
    for _ in 0..2 {
        subject.revisions().recheck().await;
    }
}

/// The first call cannot say what changed. While nothing changes, later calls come
/// to say so.
pub async fn first_changes_are_unknown<S: Subject>() {
    let subject = S::with_world(two_rooms(vec![message::<S>(None, ROOM, ANNA)])).await;
    assert_eq!(changes(&subject).await, Changes::Unknown);
    wait_until_quiet(&subject).await;
}

/// After a change by the platform, a recheck is due, and the next call says exactly
/// which users and rooms changed.
pub async fn platform_change_is_known<S: Subject>() {
    let subject = S::with_world(two_rooms(vec![message::<S>(None, ROOM, ANNA)])).await;
    for (change, users, rooms) in [
        (Change::User, vec![ANNA], vec![]),
        (Change::Tariff, vec![], vec![ROOM, OTHER]),
        (Change::Owner, vec![ANNA, ADMIN], vec![]),
        (Change::FirstBrand, vec![ANNA], vec![]),
        (Change::Frozen, vec![], vec![OTHER]),
        (Change::Participants, vec![], vec![OTHER]),
        (Change::Removal, vec![], vec![ROOM]),
        (Change::Replacement, vec![], vec![OTHER]),
        (Change::NewRoom, vec![], vec![ROOM]),
        (Change::NewUser, vec![UserId(4)], vec![]),
    ] {
        wait_until_quiet(&subject).await;
        make(&subject, change).await;
        subject.revisions().recheck().await;
        let found = known(&subject).await;
        assert_eq!(found.users, users.into_iter().collect(), "{change:?}");
        assert_eq!(found.rooms, rooms.into_iter().collect(), "{change:?}");
        assert_eq!(found.logs, HashMap::new(), "{change:?}");
    }
}

/// After every event, the next call names its room and says that its log goes at
/// least as far as that event.
pub async fn new_event_is_known<S: Subject>() {
    let subject = S::with_world(two_rooms(vec![message::<S>(None, ROOM, ANNA)])).await;
    for place in [ROOM, OTHER] {
        let anna = precondition(&subject, place, ANNA).await;
        wait_until_quiet(&subject).await;
        let created = committed(create(&subject, anna).await);
        assert_known(&subject, place, created.commit).await;
        wait_until_quiet(&subject).await;
        let edited = committed(edit_to(&subject, anna, created.id, "edited").await);
        assert_known(&subject, place, edited.unwrap()).await;
        wait_until_quiet(&subject).await;
        let ids = [created.id];
        let deleted = committed(delete(&subject, anna, &ids, DeleteScope::Any).await);
        assert_known(&subject, place, deleted.unwrap().commit).await;
    }
}

/// A room with new events that was removed and added again is a changed room, and
/// nothing is said about the log that is gone.
pub async fn recreated_room_is_known<S: Subject>() {
    let subject = S::with_world(two_rooms(vec![])).await;
    wait_until_quiet(&subject).await;
    write(&subject, ROOM, ANNA).await;
    make(&subject, Change::Removal).await;
    make(&subject, Change::NewRoom).await;
    let found = known(&subject).await;
    assert_eq!(found.rooms, HashSet::from([ROOM]));
    assert_eq!(found.logs, HashMap::new());

    let written = write(&subject, ROOM, ANNA).await.commit;
    assert_known(&subject, ROOM, written).await;
}

/// What changes nothing that counts is not a change: the same values again, a read
/// position, a write that is refused.
pub async fn unchanged_users_and_rooms_are_not_listed<S: Subject>() {
    let subject = S::with_world(two_rooms(vec![message::<S>(None, ROOM, ANNA)])).await;
    wait_until_quiet(&subject).await;
    subject.put_user(user(ANNA)).await;
    subject.put_brand(brand(ANNA_BRAND, ANNA)).await;
    make(&subject, Change::NewRoom).await;
    mark_read(&subject, ROOM, BORIS, 1).await;
    let boris = precondition(&subject, ROOM, BORIS).await;
    committed(delete(&subject, boris, &[], DeleteScope::Any).await);
    assert_eq!(known(&subject).await, Known::default());
}

/// Of any number of users and rooms, exactly those that changed are listed.
pub async fn only_changed_users_and_rooms_are_listed<S: Subject>() {
    let rooms = (1..=300).map(|id| room(RoomId(id), &[]));
    let subject = S::with_world(many_users(300, rooms.collect())).await;
    wait_until_quiet(&subject).await;
    let mut expected = Known::default();
    for id in (7..=300).step_by(50) {
        let mut other = user(UserId(id));
        other.profile = profile(9);
        subject.put_user(other).await;
        subject.put_room(room(RoomId(id), &[BrandId(1001)])).await;
        let written = RoomId(id + 1);
        for _ in 0..2 {
            write(&subject, written, UserId(1)).await;
        }
        let now = head(&subject, written).await.unwrap();
        assert_eq!(now.last_seq, Seq(2));
        expected.users.insert(UserId(id));
        expected.rooms.insert(RoomId(id));
        expected.logs.insert(written, now);
    }
    assert_eq!(known(&subject).await, expected);
}

/// Once a change is known, a cached read shows it.
pub async fn cached_read_is_current_after_changes<S: Subject>() {
    let subject = S::with_world(two_rooms(vec![])).await;
    for change in [
        Change::User,
        Change::Tariff,
        Change::Owner,
        Change::Frozen,
        Change::Participants,
    ] {
        for id in [ANNA, ADMIN] {
            subject.people().user(id, Read::Cached).await.unwrap();
        }
        for id in [ROOM, OTHER] {
            subject.rooms().room(id, Read::Cached).await.unwrap();
        }
        make(&subject, change).await;
        changes(&subject).await;
        for id in [ANNA, ADMIN] {
            let cached = subject.people().user(id, Read::Cached).await.unwrap();
            let now = operations::user(&subject, id).await;
            assert_eq!(cached, Some(now), "{change:?}");
        }
        for id in [ROOM, OTHER] {
            let cached = subject.rooms().room(id, Read::Cached).await.unwrap();
            let now = operations::room(&subject, id).await;
            assert_eq!(cached, Some(now), "{change:?}");
        }
    }
}

/// However many changes are made while changes are asked for, each one is listed.
pub async fn concurrent_changes_are_never_lost<S: Subject>() {
    const WRITERS: i64 = 5;
    const ROUNDS: i64 = 30;
    let all = WRITERS * ROUNDS;
    let rooms = (1..=2 * all).map(|id| room(RoomId(id), &[]));
    let subject = Arc::new(S::with_world(many_users(all + 1, rooms.collect())).await);
    wait_until_quiet(&*subject).await;
    let found = Arc::new(Mutex::new(Known::default()));
    let running = Arc::new(Mutex::new(WRITERS));
    let mut work: Vec<Work> = Vec::new();
    for first in 1..=WRITERS {
        let (subject, running) = (subject.clone(), running.clone());
        work.push(Box::pin(async move {
            // Each user, room and log changes once: nothing makes up for a loss.
            for id in (first..=all).step_by(usize::try_from(WRITERS).unwrap()) {
                write(&*subject, RoomId(id), UserId(all + 1)).await;
                let participants = [BrandId(1001)];
                subject
                    .put_room(room(RoomId(all + id), &participants))
                    .await;
                subject.put_user(inactive(UserId(id))).await;
                let_others_run().await;
            }
            *running.lock().unwrap() -= 1;
        }));
    }
    let (looker, seen) = (subject.clone(), found.clone());
    work.push(Box::pin(async move {
        loop {
            let last = *running.lock().unwrap() == 0;
            let now = known(&*looker).await;
            seen.lock().unwrap().extend(now);
            if last {
                break;
            }
            let_others_run().await;
        }
    }));
    S::in_parallel(work).await;

    let found = mem::take(&mut *found.lock().unwrap());
    assert_eq!(found.users, (1..=all).map(UserId).collect());
    assert_eq!(found.rooms, (all + 1..=2 * all).map(RoomId).collect());
    for id in (1..=all).map(RoomId) {
        let now = head(&*subject, id).await;
        assert_eq!(found.logs.get(&id), now.as_ref(), "{id}");
    }
}
