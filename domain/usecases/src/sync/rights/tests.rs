//! Who loses a seat or the connection, and which events are noticed.

mod checks;
mod logs;

use aftermatch_ports::model::{BrandId, Revision, SessionId, UserId};

use self::checks::{
    Removal,
    Removal::{Closed, Disconnected, Evicted},
    Report, Snapshot, Unreadable, removals, run_checks,
};
use super::*;
use crate::testing::{
    OTHER, ROOM, admin, ann, head, room, room_without_ann, room_without_business,
};

const ANNS_BRAND: Viewer = Viewer::Brand(BrandId(1));
const BORIS_BRAND: Viewer = Viewer::Brand(BrandId(2));

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

/// A session whose user was `user` when it connected.
fn connected(id: i64, user: &User, seats: &[(RoomId, Viewer)]) -> ConnectedSession {
    let session = crate::testing::session_of(user);
    ConnectedSession {
        session: SessionId(id),
        user: user.id,
        endpoint: session.endpoint,
        viewer: session.viewer,
        seats: seats.to_vec(),
    }
}

/// Ann is connected twice, and one of her sessions is changing rooms. The
/// administrator and Boris are connected, too.
fn unchanged() -> Snapshot {
    Snapshot {
        sessions: vec![
            connected(1, &ann(), &[(ROOM, ANNS_BRAND), (OTHER, ANNS_BRAND)]),
            connected(2, &ann(), &[]),
            connected(3, &admin(), &[(ROOM, Viewer::Admin)]),
            connected(4, &boris(), &[(ROOM, BORIS_BRAND)]),
        ],
        latecomers: vec![],
        users: vec![ann(), admin(), boris()],
        rooms: vec![room(), other()],
        log: head(38),
        unknown: false,
        unreadable: Unreadable::Nothing,
    }
}

/// The same after this user has changed.
fn with_user(user: User) -> Snapshot {
    let mut snapshot = unchanged();
    snapshot.users.retain(|before| before.id != user.id);
    snapshot.users.push(user);
    snapshot
}

/// The same after this room has changed.
fn with_room(room: Room) -> Snapshot {
    let mut snapshot = unchanged();
    snapshot.rooms.retain(|before| before.id != room.id);
    snapshot.rooms.push(room);
    snapshot
}

/// The same if the store cannot say what has changed.
fn unknown(snapshot: Snapshot) -> Snapshot {
    Snapshot {
        unknown: true,
        ..snapshot
    }
}

fn inactive() -> User {
    User {
        revision: Revision(31),
        active: false,
        ..ann()
    }
}

/// Ann after she exchanged her brand for another.
fn ann_of_another_brand() -> User {
    User {
        revision: Revision(31),
        brand: Some(BrandId(7)),
        ..ann()
    }
}

/// The same room at another revision.
fn changed(room: Room) -> Room {
    Room {
        revision: Revision(11),
        ..room
    }
}

/// The removals of a change that revisions show, and of one that none shows: the
/// same, for everyone who was connected before it.
fn lost_by(now: &Snapshot) -> Vec<Removal> {
    let nothing = Vec::<Removal>::new();
    let shown = removals(vec![unchanged(), now.clone(), now.clone()]);
    assert_eq!([&shown[0], &shown[2]], [&nothing, &nothing]);
    let hidden = unknown(now.clone());
    let found = removals(vec![unchanged(), hidden.clone(), hidden]);
    assert_eq!(found, shown);
    shown[1].clone()
}

#[test]
fn everything_is_compared_once_and_nothing_read() {
    let reports = run_checks(vec![unchanged(), unchanged(), unknown(unchanged())]);
    let compared = Report {
        compared: (3, 2),
        ..Report::default()
    };
    assert_eq!(reports, [compared.clone(), Report::default(), compared]);
}

#[test]
fn lost_endpoint_disconnects_each_session_once() {
    let mut removed = unchanged();
    removed.users.remove(0);
    let brandless = User {
        brand: None,
        ..ann_of_another_brand()
    };
    let demoted = User {
        revision: Revision(91),
        admin: false,
        ..admin()
    };
    for (now, sessions, reason) in [
        (with_user(inactive()), vec![1, 2], Refusal::UserDeactivated),
        (removed, vec![1, 2], Refusal::UserDeactivated),
        (with_user(brandless), vec![1, 2], Refusal::BrandRequired),
        (with_user(demoted), vec![3], Refusal::AdminRequired),
    ] {
        let sessions = sessions.into_iter();
        let disconnected = sessions.map(|id| Disconnected(id, reason.clone()));
        assert_eq!(lost_by(&now), disconnected.collect::<Vec<_>>());
    }
}

#[test]
fn exchanged_brand_loses_its_seats() {
    let lost = vec![
        Evicted(1, ROOM, Eviction::BrandLost),
        Evicted(1, OTHER, Eviction::BrandLost),
    ];
    assert_eq!(lost_by(&with_user(ann_of_another_brand())), lost);
}

#[test]
fn sessions_turn_to_the_brand_that_the_user_owns_now() {
    let reports = run_checks(vec![unchanged(), with_user(ann_of_another_brand())]);
    let mut turned = reports[1].turned.clone();
    turned.sort_by_key(|(session, _)| *session);
    let now = Viewer::Brand(BrandId(7));
    assert_eq!(turned, [(1, now), (2, now)]);
    assert_eq!(reports[0].turned, []);
}

#[test]
fn changed_user_same_rights_keeps_seats() {
    let user = User {
        brand: Some(BrandId(1)),
        ..ann_of_another_brand()
    };
    let now = with_user(user);
    let reports = run_checks(vec![unchanged(), now.clone(), now]);
    let expected = Report {
        users_read: vec![ann().id],
        ..Report::default()
    };
    assert_eq!(reports[1..], [expected, Report::default()]);
}

#[test]
fn changed_room_same_brands_keeps_seats() {
    let now = with_room(changed(room()));
    let reports = run_checks(vec![unchanged(), now.clone(), now]);
    let expected = Report {
        rooms_read: vec![ROOM],
        ..Report::default()
    };
    assert_eq!(reports[1..], [expected, Report::default()]);
}

#[test]
fn changes_that_concern_nobody_here_are_not_read() {
    let mut before = unchanged();
    before.sessions = vec![connected(4, &boris(), &[(ROOM, BORIS_BRAND)])];
    let mut now = before.clone();
    now.users[0] = inactive();
    now.rooms[1] = changed(other());
    let reports = run_checks(vec![before, now]);
    assert_eq!(reports[1], Report::default());
}

#[test]
fn removed_brand_loses_seats_in_room() {
    let now = with_room(changed(room_without_ann()));
    assert_eq!(lost_by(&now), [Evicted(1, ROOM, Eviction::BrandRemoved)]);
}

#[test]
fn removed_room_loses_all_seats() {
    let mut now = unchanged();
    now.rooms.remove(0);
    let evicted = [1, 3, 4].map(|id| Evicted(id, ROOM, Eviction::RoomRemoved));
    assert_eq!(lost_by(&now), evicted);
}

#[test]
fn seat_with_two_reasons_is_lost_once() {
    let mut now = with_user(ann_of_another_brand());
    now.rooms = vec![changed(room_without_ann()), other()];
    let lost = vec![
        Evicted(1, ROOM, Eviction::BrandLost),
        Evicted(1, OTHER, Eviction::BrandLost),
    ];
    assert_eq!(lost_by(&now), lost);

    let mut now = with_user(inactive());
    now.rooms.remove(0);
    let [disconnected, others] = [[1, 2], [3, 4]];
    let disconnected = disconnected.map(|id| Disconnected(id, Refusal::UserDeactivated));
    let others = others.map(|id| Evicted(id, ROOM, Eviction::RoomRemoved));
    assert_eq!(lost_by(&now), [disconnected, others].concat());
}

#[test]
fn unreadable_rights_are_checked_again_later() {
    let mut now = with_user(inactive());
    now.rooms = vec![changed(room_without_business()), other()];
    let disconnected = [1, 2].map(|id| Disconnected(id, Refusal::UserDeactivated));
    let evicted = [Evicted(4, ROOM, Eviction::BrandRemoved)];
    // What can be read is checked at once, whatever cannot be read.
    for (unreadable, first, second) in [
        (
            Unreadable::Changes,
            vec![],
            [&disconnected[..], &evicted].concat(),
        ),
        (
            Unreadable::User(ann().id),
            evicted.to_vec(),
            disconnected.to_vec(),
        ),
        (
            Unreadable::Room(ROOM),
            disconnected.to_vec(),
            evicted.to_vec(),
        ),
    ] {
        let failing = Snapshot {
            unreadable,
            ..now.clone()
        };
        let removals = removals(vec![unchanged(), failing, now.clone(), now.clone()]);
        assert_eq!(removals[1..], [first, second, vec![]]);
    }
}

#[test]
fn failed_comparison_is_repeated() {
    let now = unknown(with_user(inactive()));
    let failing = Snapshot {
        unreadable: Unreadable::Comparison,
        ..now
    };
    let later = with_user(inactive());
    let removals = removals(vec![unchanged(), failing, later.clone(), later]);
    let disconnected = [1, 2].map(|id| Disconnected(id, Refusal::UserDeactivated));
    assert_eq!(removals[1..], [vec![], disconnected.to_vec(), vec![]]);
}

/// Invariant 1.
#[test]
fn new_session_is_compared_with_the_store() {
    // An administrator before, the owner of a brand now.
    let now = User {
        revision: Revision(91),
        admin: false,
        brand: Some(BrandId(7)),
        ..admin()
    };
    let disconnected = |id| vec![Disconnected(id, Refusal::AdminRequired)];
    let mut first = with_user(now.clone());
    first.sessions.push(connected(5, &now, &[]));
    // This session was authorized before the change and connected after it.
    let mut second = first.clone();
    second.sessions.push(connected(6, &admin(), &[]));
    let snapshots = vec![first, second.clone(), second];
    assert_eq!(
        removals(snapshots),
        [disconnected(3), disconnected(6), vec![]]
    );
}

/// Invariant 3.
#[test]
fn seat_joined_with_old_role_is_lost() {
    let mut first = with_user(ann_of_another_brand());
    first.sessions[0].seats.clear();
    let mut second = first.clone();
    second.sessions[1].seats.push((ROOM, ANNS_BRAND));
    let evicted = vec![Evicted(2, ROOM, Eviction::BrandLost)];
    let mut before = unchanged();
    before.sessions[0].seats.clear();
    let snapshots = vec![before, first, second.clone(), second];
    assert_eq!(removals(snapshots), [vec![], vec![], evicted, vec![]]);
}

#[test]
fn seat_joined_during_check_is_checked() {
    let mut now = with_room(changed(room_without_ann()));
    now.sessions.remove(0);
    let joined = connected(7, &ann(), &[(ROOM, ANNS_BRAND)]);
    // Ann's brand was removed after the join had read the room, and the next check
    // does not find the room changed any more.
    now.latecomers.push(joined.clone());
    let mut next = now.clone();
    next.sessions.push(joined);
    let evicted = vec![Evicted(7, ROOM, Eviction::BrandRemoved)];
    let snapshots = vec![unchanged(), now, next];
    assert_eq!(removals(snapshots)[1..], [evicted, vec![]]);
}
