use aftermatch_model::{
    BrandId, Revision, RoomId, RoomVersion, Seq, Tariff, UserId, access::DeleteScope,
    world::NewBrand,
};

use super::fixtures::{
    ADMIN, ANNA, ANNA_BRAND, BORIS, BORIS_BRAND, OTHER, ROOM, UNKNOWN_ROOM, UNKNOWN_USER, brand,
    inactive, many_users, message, profile, room, two_rooms, user,
};
use super::operations::{self, committed, delete, edit, last_seq, mark_read, precondition, write};
use super::subject::Subject;
use crate::Stale;

/// Waiting for a recheck ends, whether or not anything changed.
pub async fn recheck_returns_without_any_change<S: Subject>() {
    let subject = S::with_world(two_rooms(vec![])).await;
    for _ in 0..2 {
        subject.revisions().recheck().await;
    }
}

/// After every change by the platform a recheck is due, and it finds exactly the
/// users and rooms that changed.
pub async fn platform_change_is_found_stale<S: Subject>() {
    let subject = S::with_world(two_rooms(vec![])).await;
    for (change, users, rooms) in [
        (Change::User, vec![ANNA], vec![]),
        (Change::Brand, vec![], vec![ROOM, OTHER]),
        (Change::Owner, vec![ANNA, ADMIN], vec![]),
        (Change::Participants, vec![], vec![OTHER]),
        (Change::Removal, vec![], vec![ROOM]),
    ] {
        let seen_users = users_now(&subject).await;
        let seen_rooms = [
            room_now(&subject, ROOM).await,
            room_now(&subject, OTHER).await,
        ];
        let before = stale(&subject, &seen_users, &seen_rooms).await;
        assert_eq!(before, Stale::default());
        make(&subject, change).await;
        subject.revisions().recheck().await;
        let expected = Stale {
            users,
            rooms,
            behind: vec![],
        };
        let after = stale(&subject, &seen_users, &seen_rooms).await;
        assert_eq!(after, expected, "{change:?}");
    }
}

/// Users and rooms that were removed or never existed are stale.
pub async fn missing_users_and_rooms_are_stale<S: Subject>() {
    let subject = S::with_world(two_rooms(vec![message::<S>(None, ROOM, ANNA)])).await;
    let users = users_now(&subject).await;
    let before = room_now(&subject, ROOM).await;
    subject.remove_room(ROOM).await;
    let unknown_user = (UNKNOWN_USER, users[0].1);
    let unknown_room = RoomVersion {
        room: UNKNOWN_ROOM,
        ..before
    };
    let without_events = RoomVersion {
        last_seq: Seq::ZERO,
        ..before
    };
    let expected = Stale {
        users: vec![UNKNOWN_USER],
        rooms: vec![ROOM, UNKNOWN_ROOM],
        behind: vec![],
    };
    let users = [users[0], unknown_user];
    let found = stale(&subject, &users, &[without_events, unknown_room]).await;
    assert_eq!(found, expected);

    subject
        .put_room(room(ROOM, &[ANNA_BRAND, BORIS_BRAND]))
        .await;
    let recreated = stale(&subject, &[], &[before]).await;
    assert_eq!(recreated.rooms, [ROOM], "it is another room");
}

/// Every committed event puts an older version of its room behind; marking as read
/// does not.
pub async fn committed_event_puts_older_version_behind<S: Subject>() {
    let subject = S::with_world(two_rooms(vec![message::<S>(None, ROOM, ANNA)])).await;
    let anna = precondition(&subject, ROOM, ANNA).await;
    let other = room_now(&subject, OTHER).await;
    let mut before = room_now(&subject, ROOM).await;
    let id = write(&subject, ROOM, ANNA).await.id;
    before = assert_behind(&subject, before, other).await;
    committed(edit(&subject, anna, id).await).unwrap();
    before = assert_behind(&subject, before, other).await;
    committed(delete(&subject, anna, &[id], DeleteScope::Any).await).unwrap();
    before = assert_behind(&subject, before, other).await;

    mark_read(&subject, ROOM, BORIS, 4).await;
    let further = RoomVersion {
        last_seq: before.last_seq.next(),
        ..before
    };
    for version in [before, further] {
        let found = stale(&subject, &[], &[version, other]).await;
        assert_eq!(found, Stale::default());
    }
}

/// A room can be stale and behind at the same time.
pub async fn room_can_be_stale_and_behind<S: Subject>() {
    let subject = S::with_world(two_rooms(vec![])).await;
    let before = room_now(&subject, ROOM).await;
    write(&subject, ROOM, ANNA).await;
    write(&subject, ROOM, BORIS).await;
    subject.put_room(room(ROOM, &[ANNA_BRAND])).await;
    let expected = Stale {
        users: vec![],
        rooms: vec![ROOM],
        behind: vec![(ROOM, Seq(2))],
    };
    assert_eq!(stale(&subject, &[], &[before]).await, expected);
}

/// Of any number of users and rooms, exactly those that changed are stale; of none,
/// none.
pub async fn only_changed_users_and_rooms_are_stale<S: Subject>() {
    let rooms = (1..=300).map(|id| room(RoomId(id), &[]));
    let subject = S::with_world(many_users(300, rooms.collect())).await;
    let (mut seen_users, mut seen_rooms) = (Vec::new(), Vec::new());
    for id in 1..=300 {
        let user = operations::user(&subject, UserId(id)).await;
        seen_users.push((user.id, user.revision));
        seen_rooms.push(room_now(&subject, RoomId(id)).await);
    }
    let mut expected = Stale::default();
    for id in (7..=300).step_by(50) {
        let mut other = user(UserId(id));
        other.profile = profile(9);
        subject.put_user(other).await;
        subject.put_room(room(RoomId(id), &[BrandId(1001)])).await;
        write(&subject, RoomId(id + 1), UserId(1)).await;
        expected.users.push(UserId(id));
        expected.rooms.push(RoomId(id));
        expected.behind.push((RoomId(id + 1), Seq(1)));
    }
    let found = stale(&subject, &seen_users, &seen_rooms).await;
    assert_eq!(found, expected);
    assert_eq!(stale(&subject, &[], &[]).await, Stale::default());
}

#[derive(Debug, Clone, Copy)]
enum Change {
    User,
    Brand,
    Owner,
    Participants,
    Removal,
}

async fn make<S: Subject>(subject: &S, change: Change) {
    match change {
        Change::User => subject.put_user(inactive(ANNA)).await,
        Change::Brand => {
            let business = NewBrand {
                tariff: Some(Tariff::Business),
                ..brand(BORIS_BRAND, BORIS)
            };
            subject.put_brand(business).await;
        }
        Change::Owner => subject.put_brand(brand(ANNA_BRAND, ADMIN)).await,
        Change::Participants => subject.put_room(room(OTHER, &[BORIS_BRAND])).await,
        Change::Removal => subject.remove_room(ROOM).await,
    }
}

async fn users_now<S: Subject>(subject: &S) -> Vec<(UserId, Revision)> {
    let mut users = Vec::new();
    for id in [ANNA, BORIS, ADMIN] {
        users.push((id, operations::user(subject, id).await.revision));
    }
    users
}

async fn room_now<S: Subject>(subject: &S, room: RoomId) -> RoomVersion {
    RoomVersion {
        room,
        revision: operations::room(subject, room).await.revision,
        last_seq: Seq(last_seq(subject, room).await),
    }
}

/// What is stale, by id.
async fn stale<S: Subject>(
    subject: &S,
    users: &[(UserId, Revision)],
    rooms: &[RoomVersion],
) -> Stale {
    let revisions = subject.revisions();
    let stale = revisions.stale(users.to_vec(), rooms.to_vec()).await;
    let mut stale = stale.unwrap();
    stale.users.sort_unstable();
    stale.rooms.sort_unstable();
    stale.behind.sort_unstable();
    stale
}

/// `before` is one event behind, and nothing else is stale. Returns the version of
/// now.
async fn assert_behind<S: Subject>(
    subject: &S,
    before: RoomVersion,
    other: RoomVersion,
) -> RoomVersion {
    let last_seq = before.last_seq.next();
    let expected = Stale {
        behind: vec![(before.room, last_seq)],
        ..Stale::default()
    };
    assert_eq!(stale(subject, &[], &[before, other]).await, expected);
    RoomVersion { last_seq, ..before }
}
