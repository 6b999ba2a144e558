//! Who loses a seat or the connection.

mod checks;

use aftermatch_ports::model::{BrandId, Room};

use self::checks::{
    Removal::{Disconnected, Evicted},
    Report, Snapshot, Unreadable, removals, run_checks,
};
use super::*;
use crate::testing::{OTHER, ROOM, admin, ann, room, room_without_ann, room_without_business};

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
    ConnectedSession {
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

#[test]
fn unchanged_rights_are_not_read() {
    let reports = run_checks(vec![unchanged(), unchanged()]);
    assert_eq!(reports, [Report::default(), Report::default()]);
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
        // A connection is still there for a moment after it was disconnected.
        let removals = removals(vec![unchanged(), now.clone(), now]);
        assert_eq!(removals, [vec![], disconnected.collect(), vec![]]);
    }
}

#[test]
fn exchanged_brand_loses_its_seats() {
    let now = with_user(ann_of_another_brand());
    let lost = vec![
        Evicted(1, ROOM, Eviction::BrandLost),
        Evicted(1, OTHER, Eviction::BrandLost),
    ];
    let reports = run_checks(vec![now.clone(), now]);
    assert_eq!(reports[0].removals, lost);
    assert_eq!(reports[1], Report::default());
}

#[test]
fn changed_user_same_rights_keeps_seats() {
    let user = User {
        brand: Some(BrandId(1)),
        ..ann_of_another_brand()
    };
    let reports = run_checks(vec![with_user(user.clone()), with_user(user)]);
    let expected = Report {
        users_read: vec![ann().id],
        ..Report::default()
    };
    assert_eq!(reports, [expected, Report::default()]);
}

#[test]
fn changed_room_same_brands_keeps_seats() {
    let now = with_room(changed(room()));
    let reports = run_checks(vec![now.clone(), now]);
    let expected = Report {
        rooms_read: vec![ROOM],
        ..Report::default()
    };
    assert_eq!(reports, [expected, Report::default()]);
}

#[test]
fn removed_brand_loses_seats_in_room() {
    let now = with_room(changed(room_without_ann()));
    let evicted = vec![Evicted(1, ROOM, Eviction::BrandRemoved)];
    assert_eq!(
        removals(vec![unchanged(), now.clone(), now]),
        [vec![], evicted, vec![]]
    );
}

#[test]
fn removed_room_loses_all_seats() {
    let mut now = unchanged();
    now.rooms.remove(0);
    let evicted = [1, 3, 4].map(|id| Evicted(id, ROOM, Eviction::RoomRemoved));
    let evicted = evicted.to_vec();
    assert_eq!(
        removals(vec![unchanged(), now.clone(), now]),
        [vec![], evicted, vec![]]
    );
}

#[test]
fn seat_with_two_reasons_is_lost_once() {
    let mut now = with_user(ann_of_another_brand());
    now.rooms = vec![changed(room_without_ann())];
    let lost = vec![
        Evicted(1, ROOM, Eviction::BrandLost),
        Evicted(1, OTHER, Eviction::BrandLost),
    ];
    assert_eq!(removals(vec![unchanged(), now]), [vec![], lost]);

    let mut now = with_user(inactive());
    now.rooms.remove(0);
    let [disconnected, others] = [[1, 2], [3, 4]];
    let disconnected = disconnected.map(|id| Disconnected(id, Refusal::UserDeactivated));
    let others = others.map(|id| Evicted(id, ROOM, Eviction::RoomRemoved));
    let all = [disconnected, others].concat();
    assert_eq!(removals(vec![unchanged(), now]), [vec![], all]);
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
            Unreadable::Stale,
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
        let removals = removals(vec![failing, now.clone(), now.clone()]);
        assert_eq!(removals, [first, second, vec![]]);
    }
}

#[test]
fn sessions_are_checked_by_handshake_revision() {
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

#[test]
fn seat_joined_with_old_role_is_lost() {
    let mut first = with_user(ann_of_another_brand());
    first.sessions[0].seats.clear();
    let mut second = first.clone();
    second.sessions[1].seats.push((ROOM, ANNS_BRAND));
    let evicted = vec![Evicted(2, ROOM, Eviction::BrandLost)];
    let snapshots = vec![first, second.clone(), second];
    assert_eq!(removals(snapshots), [vec![], evicted, vec![]]);
}

#[test]
fn seat_joined_during_check_is_checked() {
    let mut now = with_room(changed(room_without_ann()));
    now.sessions.remove(0);
    let joined = connected(7, &ann(), &[(ROOM, ANNS_BRAND)]);
    // Ann's brand was removed after the join had read the room, and the next check
    // does not find the room stale any more.
    now.latecomers.push(joined.clone());
    let mut next = now.clone();
    next.sessions.push(joined);
    let evicted = vec![Evicted(7, ROOM, Eviction::BrandRemoved)];
    assert_eq!(removals(vec![now, next]), [evicted, vec![]]);
}
