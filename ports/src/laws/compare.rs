use aftermatch_model::{
    BrandId, Epoch, LogHead, RoomId, Seq, UserId, Viewer, access::DeleteScope, world::NewUser,
};

use super::fixtures::{
    ADMIN, ANNA, ANNA_BRAND, BORIS, BORIS_BRAND, OTHER, ROOM, UNKNOWN_ROOM, UNKNOWN_USER, brand,
    inactive, many_users, message, room, two_rooms, user,
};
use super::operations::head;
use super::subject::Subject;
use super::writes::{committed, create, delete, edit, precondition, write};
use crate::{Difference, Expected};

/// What is as expected is no difference, also if only a part of it is expected.
pub async fn expected_store_has_no_difference<S: Subject>() {
    let subject = S::with_world(two_rooms(vec![message::<S>(None, ROOM, ANNA)])).await;
    write(&subject, ROOM, BORIS).await;
    let all = Expected {
        roles: vec![
            (ANNA, Viewer::Brand(ANNA_BRAND)),
            (BORIS, Viewer::Brand(BORIS_BRAND)),
            (ADMIN, Viewer::Admin),
        ],
        rooms: vec![ROOM, OTHER],
        participants: vec![(OTHER, BORIS_BRAND), (ROOM, ANNA_BRAND)],
        logs: vec![
            (OTHER, head(&subject, OTHER).await.unwrap()),
            (ROOM, head(&subject, ROOM).await.unwrap()),
        ],
    };
    assert_eq!(compare(&subject, all).await, Difference::default());
    let nothing = compare(&subject, Expected::default()).await;
    assert_eq!(nothing, Difference::default());
}

/// A user who is absent, inactive or without the expected role is a difference.
pub async fn user_without_expected_role_differs<S: Subject>() {
    let subject = S::with_world(two_rooms(vec![])).await;
    // Boris lost his brand to the administrator, who is none any more.
    let anna = NewUser {
        admin: true,
        ..user(ANNA)
    };
    let admin = NewUser {
        admin: false,
        ..user(ADMIN)
    };
    subject.put_user(anna.clone()).await;
    subject.put_user(admin).await;
    subject.put_brand(brand(BORIS_BRAND, ADMIN)).await;
    let owns = Viewer::Brand;
    for (user, viewer, holds) in [
        (ANNA, owns(ANNA_BRAND), true),
        (ANNA, Viewer::Admin, true),
        (ANNA, owns(BORIS_BRAND), false),
        (BORIS, owns(BORIS_BRAND), false),
        (BORIS, Viewer::Admin, false),
        (ADMIN, owns(BORIS_BRAND), true),
        (ADMIN, Viewer::Admin, false),
        (UNKNOWN_USER, owns(ANNA_BRAND), false),
        (UNKNOWN_USER, Viewer::Admin, false),
    ] {
        let found = compare(&subject, roles(&[(user, viewer)])).await;
        let users = if holds { vec![] } else { vec![user] };
        assert_eq!(found, users_differ(users), "{user} as {viewer:?}");
    }

    let active = false;
    subject.put_user(NewUser { active, ..anna }).await;
    for viewer in [owns(ANNA_BRAND), Viewer::Admin] {
        let expected = roles(&[(ANNA, viewer), (ADMIN, owns(BORIS_BRAND))]);
        let found = compare(&subject, expected).await;
        assert_eq!(found, users_differ(vec![ANNA]), "{viewer:?}");
    }
}

/// A room that is gone or without an expected participant is a difference.
pub async fn room_without_expected_participant_differs<S: Subject>() {
    let subject = S::with_world(two_rooms(vec![])).await;
    let before = head(&subject, ROOM).await.unwrap();
    subject.remove_room(ROOM).await;
    subject.put_room(room(OTHER, &[BORIS_BRAND])).await;
    for (expected, rooms) in [
        (rooms(&[OTHER]), vec![]),
        (
            rooms(&[OTHER, ROOM, UNKNOWN_ROOM]),
            vec![ROOM, UNKNOWN_ROOM],
        ),
        (participants(&[(OTHER, BORIS_BRAND)]), vec![]),
        (participants(&[(OTHER, ANNA_BRAND)]), vec![OTHER]),
        (participants(&[(OTHER, BrandId(404))]), vec![OTHER]),
        (participants(&[(ROOM, ANNA_BRAND)]), vec![ROOM]),
        (
            participants(&[
                (OTHER, BORIS_BRAND),
                (OTHER, ANNA_BRAND),
                (ROOM, BORIS_BRAND),
            ]),
            vec![ROOM, OTHER],
        ),
        (logs(&[(ROOM, before)]), vec![ROOM]),
    ] {
        let difference = Difference {
            rooms,
            ..Difference::default()
        };
        let found = compare(&subject, expected.clone()).await;
        assert_eq!(found, difference, "{expected:?}");
    }
}

/// A log that goes further, less far, or is another one is a difference, together
/// with how far it goes.
pub async fn log_with_other_end_differs<S: Subject>() {
    let subject = S::with_world(two_rooms(vec![message::<S>(None, ROOM, ANNA)])).await;
    let anna = precondition(&subject, ROOM, ANNA).await;
    let other = (OTHER, head(&subject, OTHER).await.unwrap());
    let mut before = head(&subject, ROOM).await.unwrap();
    let id = committed(create(&subject, anna).await).id;
    before = assert_further(&subject, before, other).await;
    committed(edit(&subject, anna, id).await).unwrap();
    before = assert_further(&subject, before, other).await;
    committed(delete(&subject, anna, &[id], DeleteScope::Any).await).unwrap();
    let now = assert_further(&subject, before, other).await;

    let (store, id, last) = (now.epoch.store, now.epoch.room, now.last_seq.0);
    for (store, id, last_seq) in [
        (store, id, last - 1),
        (store, id, 0),
        (store, id, last + 1),
        (store, id, i64::MAX),
        (store, id + 1, last),
        (store, i64::MIN, last),
        (store, other.1.epoch.room, last),
        (!store, id, last),
        (store ^ 1 << 31, id, last + 1),
    ] {
        let expected = LogHead {
            epoch: Epoch { store, room: id },
            last_seq: Seq(last_seq),
        };
        let found = compare(&subject, logs(&[(ROOM, expected), other])).await;
        assert_eq!(found, log_differs(ROOM, now), "{expected:?}");
    }

    subject.remove_room(ROOM).await;
    subject
        .put_room(room(ROOM, &[ANNA_BRAND, BORIS_BRAND]))
        .await;
    let recreated = head(&subject, ROOM).await.unwrap();
    let found = compare(&subject, logs(&[(ROOM, now)])).await;
    assert_eq!(found, log_differs(ROOM, recreated));
}

/// Of any number of expectations, exactly those that do not hold are differences.
pub async fn only_differences_are_reported<S: Subject>() {
    let rooms = (1..=300).map(|id| room(RoomId(id), &[BrandId(1000 + id)]));
    let subject = S::with_world(many_users(300, rooms.collect())).await;
    let mut expected = Expected::default();
    for id in 1..=300 {
        let (room, brand) = (RoomId(id), BrandId(1000 + id));
        expected.roles.push((UserId(id), Viewer::Brand(brand)));
        expected.rooms.push(room);
        expected.participants.push((room, brand));
        let now = head(&subject, room).await.unwrap();
        expected.logs.push((room, now));
    }
    let mut difference = Difference::default();
    for id in (7..=298).step_by(50) {
        let (changed, removed, written) = (RoomId(id), RoomId(id + 1), RoomId(id + 2));
        subject.put_user(inactive(UserId(id))).await;
        subject.put_room(room(changed, &[])).await;
        subject.remove_room(removed).await;
        write(&subject, written, UserId(1)).await;
        difference.users.push(UserId(id));
        difference.rooms.extend([changed, removed]);
        let now = head(&subject, written).await.unwrap();
        difference.logs.push((written, now));
    }
    assert_eq!(compare(&subject, expected).await, difference);
}

/// What differs, by id and once each.
async fn compare<S: Subject>(subject: &S, expected: Expected) -> Difference {
    let mut difference = subject.revisions().compare(expected).await.unwrap();
    difference.users.sort_unstable();
    difference.users.dedup();
    difference.rooms.sort_unstable();
    difference.rooms.dedup();
    difference.logs.sort_unstable_by_key(|(room, _)| *room);
    difference
}

/// The log of [`ROOM`] is one event further than `before`, and that is the only
/// difference. Returns how far it goes now.
async fn assert_further<S: Subject>(
    subject: &S,
    before: LogHead,
    other: (RoomId, LogHead),
) -> LogHead {
    let now = LogHead {
        last_seq: before.last_seq.next(),
        ..before
    };
    let found = compare(subject, logs(&[(ROOM, before), other])).await;
    assert_eq!(found, log_differs(ROOM, now));
    now
}

fn roles(roles: &[(UserId, Viewer)]) -> Expected {
    Expected {
        roles: roles.to_vec(),
        ..Expected::default()
    }
}

fn rooms(rooms: &[RoomId]) -> Expected {
    Expected {
        rooms: rooms.to_vec(),
        ..Expected::default()
    }
}

fn participants(participants: &[(RoomId, BrandId)]) -> Expected {
    Expected {
        participants: participants.to_vec(),
        ..Expected::default()
    }
}

fn logs(logs: &[(RoomId, LogHead)]) -> Expected {
    Expected {
        logs: logs.to_vec(),
        ..Expected::default()
    }
}

fn users_differ(users: Vec<UserId>) -> Difference {
    Difference {
        users,
        ..Difference::default()
    }
}

fn log_differs(room: RoomId, now: LogHead) -> Difference {
    Difference {
        logs: vec![(room, now)],
        ..Difference::default()
    }
}
