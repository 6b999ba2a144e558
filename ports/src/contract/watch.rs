use aftermatch_model::{
    BrandId, Revision, RoomId, Seq, Tariff, UserId, rules::Whose, world::NewBrand,
};

use super::Subject;
use super::asked::{self, delete, done, edit, guard, last_seq, mark_read, write};
use super::given::{
    ADMIN, ANNA, ANNAS, BORIS, BORISS, NOBODY, NOWHERE, OTHER, ROOM, brand, crowd, message,
    profile, room, talk, user,
};
use crate::{Expected, Moved, Tiding};

/// There is always something to look at, whether or not something happened.
pub async fn there_is_always_something_to_look_at<S: Subject>() {
    let subject = S::holding(talk(vec![])).await;
    for _ in 0..2 {
        look(&subject).await;
    }
}

/// Whatever the platform changes, one is told to look, and sees who and what is
/// not as expected.
pub async fn what_the_platform_changes_is_seen<S: Subject>() {
    let subject = S::holding(talk(vec![])).await;
    for (change, users, rooms) in [
        (Change::User, vec![ANNA], vec![]),
        (Change::Brand, vec![], vec![ROOM, OTHER]),
        (Change::Owner, vec![ANNA, ADMIN], vec![]),
        (Change::Participants, vec![], vec![OTHER]),
        (Change::Removal, vec![], vec![ROOM]),
    ] {
        let people = users_now(&subject).await;
        let mut places = Vec::new();
        for id in [ROOM, OTHER] {
            places.push(expected(&subject, id).await);
        }
        assert_eq!(moved(&subject, &people, &places).await, Moved::default());
        make(&subject, change).await;
        look(&subject).await;
        let ahead = Vec::new();
        let seen = Moved {
            users,
            rooms,
            ahead,
        };
        assert_eq!(moved(&subject, &people, &places).await, seen, "{change:?}");
    }
}

/// Who and what is gone, or never was, is not as expected.
pub async fn what_is_gone_is_not_as_expected<S: Subject>() {
    let subject = S::holding(talk(vec![message::<S>(None, ROOM, ANNA)])).await;
    let people = users_now(&subject).await;
    let before = expected(&subject, ROOM).await;
    subject.remove_room(ROOM).await;
    let nobody = (NOBODY, people[0].1);
    let nowhere = Expected {
        room: NOWHERE,
        ..before
    };
    let far_behind = Expected {
        last: Seq::ZERO,
        ..before
    };
    let gone = Moved {
        users: vec![NOBODY],
        rooms: vec![ROOM, NOWHERE],
        ahead: vec![],
    };
    let seen = moved(&subject, &[people[0], nobody], &[far_behind, nowhere]).await;
    assert_eq!(seen, gone);

    subject.put_room(room(ROOM, &[ANNAS, BORISS])).await;
    let again = moved(&subject, &[], &[before]).await;
    assert_eq!(again.rooms, [ROOM], "it is another one");
}

/// Every change kept in a room is ahead of the one expected, and reading is none.
pub async fn every_kept_change_is_ahead<S: Subject>() {
    let subject = S::holding(talk(vec![message::<S>(None, ROOM, ANNA)])).await;
    let anna = guard(&subject, ROOM, ANNA).await;
    let other = expected(&subject, OTHER).await;
    let mut before = expected(&subject, ROOM).await;
    let id = write(&subject, ROOM, ANNA).await.id;
    before = is_ahead(&subject, before, other).await;
    done(edit(&subject, anna, id).await).unwrap();
    before = is_ahead(&subject, before, other).await;
    done(delete(&subject, anna, &[id], Whose::Anyones).await).unwrap();
    before = is_ahead(&subject, before, other).await;

    mark_read(&subject, ROOM, BORIS, 4).await;
    let further = Expected {
        last: before.last.next(),
        ..before
    };
    for expected in [before, further] {
        let seen = moved(&subject, &[], &[expected, other]).await;
        assert_eq!(seen, Moved::default());
    }
}

/// A room can be at another revision and ahead at once.
pub async fn a_room_is_moved_and_ahead_at_once<S: Subject>() {
    let subject = S::holding(talk(vec![])).await;
    let before = expected(&subject, ROOM).await;
    write(&subject, ROOM, ANNA).await;
    write(&subject, ROOM, BORIS).await;
    subject.put_room(room(ROOM, &[ANNAS])).await;
    let seen = Moved {
        users: vec![],
        rooms: vec![ROOM],
        ahead: vec![(ROOM, Seq(2))],
    };
    assert_eq!(moved(&subject, &[], &[before]).await, seen);
}

/// Of however many users and rooms, exactly those that moved are seen; of none,
/// none.
pub async fn exactly_those_that_moved_are_seen<S: Subject>() {
    let rooms = (1..=300).map(|id| room(RoomId(id), &[]));
    let subject = S::holding(crowd(300, rooms.collect())).await;
    let (mut people, mut places) = (Vec::new(), Vec::new());
    for id in 1..=300 {
        let user = asked::user(&subject, UserId(id)).await;
        people.push((user.id, user.revision));
        places.push(expected(&subject, RoomId(id)).await);
    }
    let mut seen = Moved::default();
    for id in (7..=300).step_by(50) {
        let mut other = user(UserId(id));
        other.profile = profile(9);
        subject.put_user(other).await;
        subject.put_room(room(RoomId(id), &[BrandId(1001)])).await;
        write(&subject, RoomId(id + 1), UserId(1)).await;
        seen.users.push(UserId(id));
        seen.rooms.push(RoomId(id));
        seen.ahead.push((RoomId(id + 1), Seq(1)));
    }
    assert_eq!(moved(&subject, &people, &places).await, seen);
    assert_eq!(moved(&subject, &[], &[]).await, Moved::default());
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
        Change::User => {
            let mut anna = user(ANNA);
            anna.active = false;
            subject.put_user(anna).await;
        }
        Change::Brand => {
            let business = NewBrand {
                tariff: Some(Tariff::Business),
                ..brand(BORISS, BORIS)
            };
            subject.put_brand(business).await;
        }
        Change::Owner => subject.put_brand(brand(ANNAS, ADMIN)).await,
        Change::Participants => subject.put_room(room(OTHER, &[BORISS])).await,
        Change::Removal => subject.remove_room(ROOM).await,
    }
}

/// Waits until told to look.
async fn look<S: Subject>(subject: &S) {
    while subject.watch().next().await != Tiding::Look {}
}

async fn users_now<S: Subject>(subject: &S) -> Vec<(UserId, Revision)> {
    let mut users = Vec::new();
    for id in [ANNA, BORIS, ADMIN] {
        users.push((id, asked::user(subject, id).await.revision));
    }
    users
}

/// The room as it is now.
async fn expected<S: Subject>(subject: &S, room: RoomId) -> Expected {
    Expected {
        room,
        revision: asked::room(subject, room).await.revision,
        last: Seq(last_seq(subject, room).await),
    }
}

/// What is not as expected, by number.
async fn moved<S: Subject>(subject: &S, users: &[(UserId, Revision)], rooms: &[Expected]) -> Moved {
    let watch = subject.watch();
    let moved = watch.moved(users.to_vec(), rooms.to_vec()).await;
    let mut moved = moved.unwrap();
    moved.users.sort_unstable();
    moved.rooms.sort_unstable();
    moved.ahead.sort_unstable();
    moved
}

/// The room is one change ahead, and nothing else is not as expected. The room
/// as it is now.
async fn is_ahead<S: Subject>(subject: &S, before: Expected, other: Expected) -> Expected {
    let last = before.last.next();
    let ahead = Moved {
        ahead: vec![(before.room, last)],
        ..Moved::default()
    };
    assert_eq!(moved(subject, &[], &[before, other]).await, ahead);
    Expected { last, ..before }
}
