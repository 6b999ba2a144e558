//! What creating, editing and deleting have in common.

mod command;
mod publishing;

use std::sync::{Arc, Mutex};

use aftermatch_ports::{
    Read, StoreError,
    model::{Refusal, Revision, Room, User, UserId, access},
};

use self::command::{
    COMMANDS,
    Command::{Create, Delete, Edit},
    StoreResult::{Committed, Conflict, Failed},
};
use crate::testing::{
    MAX_CHARS, Mocks, admin, ann, at, failure, frozen_room, precondition, refusal, room,
    room_without_ann, room_without_business, session_of,
};

/// The same user at another revision.
fn changed_user(user: User) -> User {
    User {
        revision: Revision(31),
        ..user
    }
}

/// The same room at another revision.
fn changed_room(room: Room) -> Room {
    Room {
        revision: Revision(11),
        ..room
    }
}

/// A user who may write in [`room`]; the same user and the room after the right was
/// lost, and the refusal.
fn losses() -> Vec<(User, User, Option<Room>, Refusal)> {
    let inactive = |user| User {
        active: false,
        ..user
    };
    let removed = User {
        id: UserId(404),
        ..ann()
    };
    let demoted = User {
        admin: false,
        ..admin()
    };
    let brandless = User {
        brand: None,
        ..ann()
    };
    let same = || Some(room());
    let without_ann = Some(room_without_ann());
    let no_business = Some(room_without_business());
    let frozen = || Some(frozen_room());
    vec![
        (ann(), removed, same(), Refusal::UserDeactivated),
        (ann(), inactive(ann()), same(), Refusal::UserDeactivated),
        (admin(), inactive(admin()), same(), Refusal::UserDeactivated),
        (ann(), brandless, same(), Refusal::BrandRequired),
        (admin(), demoted, same(), Refusal::AdminRequired),
        (ann(), ann(), without_ann, Refusal::RoomForbidden),
        (ann(), ann(), None, Refusal::RoomForbidden),
        (admin(), admin(), None, Refusal::RoomNotFound),
        (admin(), admin(), no_business, Refusal::BusinessRequired),
        (ann(), ann(), frozen(), Refusal::RoomFrozen),
        (admin(), admin(), frozen(), Refusal::RoomFrozen),
    ]
}

#[test]
fn write_not_joined_is_refused_first() {
    let chat = Mocks::seated_in(None).chat();
    for command in [Create(""), Edit(""), Delete(0), Delete(access::MAX_IDS + 1)] {
        let refusal = refusal(command.send(&chat, &session_of(&ann())));
        assert_eq!(refusal, Refusal::NotInRoom, "{command:?}");
    }
}

#[test]
fn write_beyond_limits_reads_nothing() {
    let too_long = Refusal::TextTooLong {
        length: MAX_CHARS + 1,
        max: MAX_CHARS,
    };
    let too_many = Refusal::TooManyIds {
        count: access::MAX_IDS + 1,
        max: access::MAX_IDS,
    };
    let chat = Mocks::untouched().chat();
    for (command, expected) in [
        (Create(" "), Refusal::TextBlank),
        (Create("a\0"), Refusal::TextHasNul),
        (Edit("a\0"), Refusal::TextHasNul),
        (Create("123456789"), too_long.clone()),
        (Edit("123456789"), too_long),
        (Delete(access::MAX_IDS + 1), too_many),
    ] {
        let refusal = refusal(command.send(&chat, &session_of(&ann())));
        assert_eq!(refusal, expected, "{command:?}");
    }
}

#[test]
fn write_at_limits_is_committed() {
    for command in [
        Create("12345678"),
        Edit("12345678"),
        Delete(access::MAX_IDS),
    ] {
        let mut mocks = Mocks::new().finding(Read::Cached, &ann(), room());
        command.expect(&mut mocks, precondition(&ann(), &room()), 1, Committed);
        mocks.expect_published(|_| true);
        let result = command.send(&mocks.chat(), &session_of(&ann()));
        assert!(result.is_ok(), "{command:?}: {result:?}");
    }
}

#[test]
fn write_lost_right_commits_nothing() {
    for (before, user, room, expected) in losses() {
        for command in COMMANDS {
            let mocks = Mocks::new()
                .finding(Read::Cached, &user, room.clone())
                .finding(Read::Fresh, &user, room.clone());
            let refusal = refusal(command.send(&mocks.chat(), &session_of(&before)));
            assert_eq!(refusal, expected, "{command:?}");
        }
    }
}

#[test]
fn write_right_lost_meanwhile_publishes_nothing() {
    for (before, user, now_room, expected) in losses() {
        for command in COMMANDS {
            let mocks = Mocks::new().finding(Read::Cached, &before, room());
            let mut mocks = mocks.finding(Read::Fresh, &user, now_room.clone());
            command.expect(&mut mocks, precondition(&before, &room()), 1, Conflict);
            let refusal = refusal(command.send(&mocks.chat(), &session_of(&before)));
            assert_eq!(refusal, expected, "{command:?}");
        }
    }
}

#[test]
fn write_outdated_cache_refuses_nobody() {
    for (now_user, user, old_room, _) in losses() {
        let (now_user, now_room) = (changed_user(now_user), changed_room(room()));
        for command in COMMANDS {
            let mut mocks = Mocks::new()
                .finding(Read::Cached, &user, old_room.clone())
                .finding(Read::Fresh, &now_user, now_room.clone());
            command.expect(&mut mocks, precondition(&now_user, &now_room), 1, Committed);
            mocks.expect_published(|_| true);
            let result = command.send(&mocks.chat(), &session_of(&now_user));
            assert!(result.is_ok(), "{command:?}: {result:?}");
        }
    }
}

#[test]
fn write_conflict_is_authorized_again_fresh() {
    let (now_user, now_room) = (changed_user(ann()), changed_room(room_without_business()));
    for command in COMMANDS {
        let mocks = Mocks::new().finding(Read::Cached, &ann(), room());
        let mut mocks = mocks.finding(Read::Fresh, &now_user, now_room.clone());
        command.expect(&mut mocks, precondition(&ann(), &room()), 1, Conflict);
        command.expect(&mut mocks, precondition(&now_user, &now_room), 1, Committed);
        let expected = Arc::new(now_room.clone()).at(at(10));
        mocks.expect_published(move |event| event.room == expected);
        let result = command.send(&mocks.chat(), &session_of(&ann()));
        assert!(result.is_ok(), "{command:?}: {result:?}");
    }
}

#[test]
fn write_conflict_reads_clock_again() {
    for command in COMMANDS {
        let mut mocks = Mocks::untouched()
            .finding(Read::Cached, &admin(), room())
            .finding(Read::Fresh, &admin(), room());
        let times = Mutex::new([at(10), at(20)].into_iter());
        let clock = mocks.clock.expect_now().times(2);
        clock.returning(move || times.lock().unwrap().next().unwrap());
        command.expect(&mut mocks, precondition(&admin(), &room()), 1, Conflict);
        let refusal = refusal(command.send(&mocks.chat(), &session_of(&admin())));
        assert_eq!(refusal, Refusal::BusinessRequired, "{command:?}");
    }
}

#[test]
fn write_eight_conflicts_is_transient_failure() {
    let now = changed_room(room());
    // An attempt that the cache refuses counts, too.
    for (old, first) in [(room(), 1), (room_without_ann(), 0)] {
        for command in COMMANDS {
            let mut mocks = Mocks::new()
                .finding(Read::Cached, &ann(), old.clone())
                .finding(Read::Fresh, &ann(), now.clone());
            command.expect(&mut mocks, precondition(&ann(), &old), first, Conflict);
            command.expect(&mut mocks, precondition(&ann(), &now), 7, Conflict);
            let failure = failure(command.send(&mocks.chat(), &session_of(&ann())));
            assert!(failure.is_transient(), "{command:?}");
        }
    }
}

#[test]
fn write_failed_commit_is_not_retried() {
    for command in COMMANDS {
        let mut mocks = Mocks::new().finding(Read::Cached, &ann(), room());
        command.expect(&mut mocks, precondition(&ann(), &room()), 1, Failed);
        let failure = failure(command.send(&mocks.chat(), &session_of(&ann())));
        assert!(!failure.is_transient(), "{command:?}");
    }
}

#[test]
fn write_unreadable_rights_commits_nothing() {
    for command in COMMANDS {
        let mut mocks = Mocks::new();
        let user = mocks.people.expect_user().once();
        user.returning(|_, _| Err(StoreError::transient("the store is away")));
        assert!(failure(command.send(&mocks.chat(), &session_of(&ann()))).is_transient());

        let mut mocks = Mocks::new().finding_user(Read::Cached, &ann());
        let room = mocks.rooms.expect_room().once();
        room.returning(|_, _| Err(StoreError::transient("the store is away")));
        assert!(failure(command.send(&mocks.chat(), &session_of(&ann()))).is_transient());
    }
}
