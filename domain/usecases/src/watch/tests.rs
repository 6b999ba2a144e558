//! Who lost a right.

mod looks;

use aftermatch_ports::model::{BrandId, Room};

use self::looks::{
    Away,
    Done::{Evicted, Expelled},
    Look, Outcome, done, looking,
};
use super::*;
use crate::testing::{OTHER, ROOM, admin, ann, room, room_without_ann, room_without_business};

const ANNS: Viewer = Viewer::Brand(BrandId(1));
const BORISS: Viewer = Viewer::Brand(BrandId(2));

/// Owns brand 2.
fn boris() -> User {
    User {
        id: UserId(4),
        revision: Revision(40),
        brand: Some(BrandId(2)),
        ..ann()
    }
}

/// [`OTHER`], which the same brands share.
fn other() -> Room {
    Room {
        id: OTHER,
        revision: Revision(20),
        ..room()
    }
}

/// A connection that came when its user was like that.
fn connection(id: i64, user: &User, seats: &[(RoomId, Viewer)]) -> Presence {
    Presence {
        session: SessionId(id),
        user: user.id,
        revision: user.revision,
        endpoint: if user.admin {
            Endpoint::AdminChat
        } else {
            Endpoint::Chat
        },
        seats: seats.to_vec(),
    }
}

/// Where Ann, who is about to change rooms, is connected a second time, and the
/// administrator and Boris are here, too.
fn at_first() -> Look {
    Look {
        sessions: vec![
            connection(1, &ann(), &[(ROOM, ANNS), (OTHER, ANNS)]),
            connection(2, &ann(), &[]),
            connection(3, &admin(), &[(ROOM, Viewer::Admin)]),
            connection(4, &boris(), &[(ROOM, BORISS)]),
        ],
        users: vec![ann(), admin(), boris()],
        rooms: vec![room(), other()],
        away: Away::Nothing,
    }
}

/// The same after this user has changed.
fn with_user(user: User) -> Look {
    let mut look = at_first();
    look.users.retain(|before| before.id != user.id);
    look.users.push(user);
    look
}

/// The same after this room has changed.
fn with_room(room: Room) -> Look {
    let mut look = at_first();
    look.rooms.retain(|before| before.id != room.id);
    look.rooms.push(room);
    look
}

fn inactive() -> User {
    User {
        revision: Revision(31),
        active: false,
        ..ann()
    }
}

/// Ann, who has given up her brand for another.
fn ann_of_another_brand() -> User {
    User {
        revision: Revision(31),
        brand: Some(BrandId(7)),
        ..ann()
    }
}

/// [`room`] after something about it has changed.
fn changed(room: Room) -> Room {
    Room {
        revision: Revision(11),
        ..room
    }
}

#[test]
fn where_nothing_moved_nothing_is_read_or_done() {
    let outcomes = looking(vec![at_first(), at_first()]);
    assert_eq!(outcomes, [Outcome::default(), Outcome::default()]);
}

#[test]
fn who_lost_the_endpoint_is_expelled_from_each_connection_and_once() {
    let mut gone = at_first();
    gone.users.remove(0);
    let brandless = User {
        brand: None,
        ..ann_of_another_brand()
    };
    let plain = User {
        revision: Revision(91),
        admin: false,
        ..admin()
    };
    for (now, sessions, why) in [
        (with_user(inactive()), vec![1, 2], Refusal::UserDeactivated),
        (gone, vec![1, 2], Refusal::UserDeactivated),
        (with_user(brandless), vec![1, 2], Refusal::BrandRequired),
        (with_user(plain), vec![3], Refusal::AdminRequired),
    ] {
        let sessions = sessions.into_iter();
        let expelled = sessions.map(|id| Expelled(id, why.clone())).collect();
        // It takes a moment until a connection is closed.
        let done = done(vec![at_first(), now.clone(), now]);
        assert_eq!(done, [vec![], expelled, vec![]]);
    }
}

#[test]
fn who_owns_another_brand_loses_the_seats_of_the_old_one_and_stays() {
    let now = with_user(ann_of_another_brand());
    let lost = vec![
        Evicted(1, ROOM, Eviction::BrandLost),
        Evicted(1, OTHER, Eviction::BrandLost),
    ];
    let outcomes = looking(vec![now.clone(), now]);
    assert_eq!(outcomes[0].done, lost);
    assert_eq!(outcomes[1], Outcome::default());
}

#[test]
fn who_changed_and_lost_nothing_stays_and_is_read_once() {
    let user = User {
        brand: Some(BrandId(1)),
        ..ann_of_another_brand()
    };
    let outcomes = looking(vec![with_user(user.clone()), with_user(user)]);
    let expected = Outcome {
        users_read: vec![ann().id],
        ..Outcome::default()
    };
    assert_eq!(outcomes, [expected, Outcome::default()]);
}

#[test]
fn a_room_that_changed_and_lost_nobody_keeps_everyone_and_is_read_once() {
    let now = with_room(changed(room()));
    let outcomes = looking(vec![now.clone(), now]);
    let expected = Outcome {
        rooms_read: vec![ROOM],
        ..Outcome::default()
    };
    assert_eq!(outcomes, [expected, Outcome::default()]);
}

#[test]
fn a_brand_taken_out_of_a_room_loses_its_seats_there_alone() {
    let now = with_room(changed(room_without_ann()));
    let evicted = vec![Evicted(1, ROOM, Eviction::BrandRemoved)];
    assert_eq!(
        done(vec![at_first(), now.clone(), now]),
        [vec![], evicted, vec![]]
    );
}

#[test]
fn nobody_keeps_a_seat_in_a_room_that_was_removed() {
    let mut now = at_first();
    now.rooms.remove(0);
    let evicted = [1, 3, 4].map(|id| Evicted(id, ROOM, Eviction::RoomRemoved));
    let evicted = evicted.to_vec();
    assert_eq!(
        done(vec![at_first(), now.clone(), now]),
        [vec![], evicted, vec![]]
    );
}

#[test]
fn a_seat_is_taken_away_once_whatever_speaks_against_it() {
    let mut now = with_user(ann_of_another_brand());
    now.rooms = vec![changed(room_without_ann())];
    let lost = vec![
        Evicted(1, ROOM, Eviction::BrandLost),
        Evicted(1, OTHER, Eviction::BrandLost),
    ];
    assert_eq!(done(vec![at_first(), now]), [vec![], lost]);

    let mut now = with_user(inactive());
    now.rooms.remove(0);
    let [expelled, others] = [[1, 2], [3, 4]];
    let expelled = expelled.map(|id| Expelled(id, Refusal::UserDeactivated));
    let others = others.map(|id| Evicted(id, ROOM, Eviction::RoomRemoved));
    let all = [expelled, others].concat();
    assert_eq!(done(vec![at_first(), now]), [vec![], all]);
}

#[test]
fn what_cannot_be_read_is_looked_at_the_next_time() {
    let mut now = with_user(inactive());
    now.rooms = vec![changed(room_without_business()), other()];
    let expelled = [1, 2].map(|id| Expelled(id, Refusal::UserDeactivated));
    let evicted = [Evicted(4, ROOM, Eviction::BrandRemoved)];
    // One that cannot be read keeps nobody from judging the others.
    for (away, first, second) in [
        (Away::Moved, vec![], [&expelled[..], &evicted].concat()),
        (Away::User(ann().id), evicted.to_vec(), expelled.to_vec()),
        (Away::Room(ROOM), expelled.to_vec(), evicted.to_vec()),
    ] {
        let failing = Look {
            away,
            ..now.clone()
        };
        let done = done(vec![failing, now.clone(), now.clone()]);
        assert_eq!(done, [first, second, vec![]]);
    }
}

#[test]
fn each_connection_is_judged_by_what_its_user_was_when_it_came() {
    // Once an administrator, now somebody with a brand.
    let now = User {
        revision: Revision(91),
        admin: false,
        brand: Some(BrandId(7)),
        ..admin()
    };
    let expelled = |id| vec![Expelled(id, Refusal::AdminRequired)];
    let mut first = with_user(now.clone());
    first.sessions.push(connection(5, &now, &[]));
    // Let in by what was read before the change, and here only after it.
    let mut second = first.clone();
    second.sessions.push(connection(6, &admin(), &[]));
    let looks = vec![first, second.clone(), second];
    assert_eq!(done(looks), [expelled(3), expelled(6), vec![]]);
}

#[test]
fn a_seat_taken_by_a_right_that_was_lost_meanwhile_is_taken_away() {
    let mut first = with_user(ann_of_another_brand());
    first.sessions[0].seats.clear();
    let mut second = first.clone();
    second.sessions[1].seats.push((ROOM, ANNS));
    let evicted = vec![Evicted(2, ROOM, Eviction::BrandLost)];
    let looks = vec![first, second.clone(), second];
    assert_eq!(done(looks), [vec![], evicted, vec![]]);
}
