//! What creating, editing and deleting have in common.

mod command;
mod telling;

use std::sync::Mutex;

use aftermatch_ports::{
    Unavailable,
    model::{Revision, Room, UserId},
};

use self::command::{
    Answer::{Kept, Lost, Stale},
    COMMANDS,
    Command::{Create, Delete, Edit},
};
use super::*;
use crate::testing::{
    MAX_CHARS, Mocks, admin, ann, at, failure, guard, refusal, room, room_without_ann,
    room_without_business, session_of,
};

/// The same user or room after something about it has changed.
fn changed_user(user: User) -> User {
    User {
        revision: Revision(31),
        ..user
    }
}

fn changed_room(room: Room) -> Room {
    Room {
        revision: Revision(11),
        ..room
    }
}

/// Someone who may write in [`room`]; the same user and the room after the right
/// was lost; and the refusal.
fn losses() -> Vec<(User, User, Option<Room>, Refusal)> {
    let off = |user| User {
        active: false,
        ..user
    };
    let nobody = User {
        id: UserId(404),
        ..ann()
    };
    let plain = User {
        admin: false,
        ..admin()
    };
    let brandless = User {
        brand: None,
        ..ann()
    };
    let here = || Some(room());
    let others = Some(room_without_ann());
    let closed = Some(room_without_business());
    vec![
        (ann(), nobody, here(), Refusal::UserDeactivated),
        (ann(), off(ann()), here(), Refusal::UserDeactivated),
        (admin(), off(admin()), here(), Refusal::UserDeactivated),
        (ann(), brandless, here(), Refusal::BrandRequired),
        (admin(), plain, here(), Refusal::AdminRequired),
        (ann(), ann(), others, Refusal::RoomForbidden),
        (ann(), ann(), None, Refusal::RoomForbidden),
        (admin(), admin(), None, Refusal::RoomNotFound),
        (admin(), admin(), closed, Refusal::BusinessRequired),
    ]
}

#[test]
fn without_a_joined_room_nothing_else_counts() {
    let session = Session {
        room: None,
        ..session_of(&ann())
    };
    let chat = Mocks::untouched().chat();
    for command in [Create(""), Edit(""), Delete(0), Delete(rules::MAX_IDS + 1)] {
        let refusal = refusal(command.ask(&chat, &session));
        assert_eq!(refusal, Refusal::NotInRoom, "{command:?}");
    }
}

#[test]
fn limits_are_checked_before_anything_is_read() {
    let too_long = Refusal::TextTooLong {
        length: MAX_CHARS + 1,
        max: MAX_CHARS,
    };
    let too_many = Refusal::TooManyIds {
        count: rules::MAX_IDS + 1,
        max: rules::MAX_IDS,
    };
    let chat = Mocks::untouched().chat();
    for (command, expected) in [
        (Create(" "), Refusal::TextBlank),
        (Edit(" "), Refusal::TextBlank),
        (Create("a\0"), Refusal::TextHasNul),
        (Edit("a\0"), Refusal::TextHasNul),
        (Create("123456789"), too_long.clone()),
        (Edit("123456789"), too_long),
        (Delete(rules::MAX_IDS + 1), too_many),
    ] {
        let refusal = refusal(command.ask(&chat, &session_of(&ann())));
        assert_eq!(refusal, expected, "{command:?}");
    }
}

#[test]
fn at_the_limits_a_write_is_kept() {
    for command in [Create("12345678"), Edit("12345678"), Delete(rules::MAX_IDS)] {
        let mut mocks = Mocks::new().finding(Read::Cached, &ann(), room());
        command.expect(&mut mocks.messages, guard(&ann(), &room()), 1, Kept);
        mocks.expect_told(|_| true);
        let kept = command.ask(&mocks.chat(), &session_of(&ann()));
        assert!(kept.is_ok(), "{command:?}: {kept:?}");
    }
}

#[test]
fn who_lost_the_right_is_refused_and_nothing_is_kept_or_told() {
    for (before, user, room, expected) in losses() {
        for command in COMMANDS {
            let mocks = Mocks::new()
                .finding(Read::Cached, &user, room.clone())
                .finding(Read::Fresh, &user, room.clone());
            let refusal = refusal(command.ask(&mocks.chat(), &session_of(&before)));
            assert_eq!(refusal, expected, "{command:?}");
        }
    }
}

#[test]
fn who_lost_the_right_meanwhile_is_refused_and_nothing_is_told() {
    for (before, user, now_room, expected) in losses() {
        for command in COMMANDS {
            let mocks = Mocks::new().finding(Read::Cached, &before, room());
            let mut mocks = mocks.finding(Read::Fresh, &user, now_room.clone());
            command.expect(&mut mocks.messages, guard(&before, &room()), 1, Stale);
            let refusal = refusal(command.ask(&mocks.chat(), &session_of(&before)));
            assert_eq!(refusal, expected, "{command:?}");
        }
    }
}

#[test]
fn nobody_is_refused_by_what_may_be_old() {
    for (now_user, user, old_room, _) in losses() {
        let (now_user, now_room) = (changed_user(now_user), changed_room(room()));
        for command in COMMANDS {
            let mut mocks = Mocks::new()
                .finding(Read::Cached, &user, old_room.clone())
                .finding(Read::Fresh, &now_user, now_room.clone());
            command.expect(&mut mocks.messages, guard(&now_user, &now_room), 1, Kept);
            mocks.expect_told(|_| true);
            let kept = command.ask(&mocks.chat(), &session_of(&now_user));
            assert!(kept.is_ok(), "{command:?}: {kept:?}");
        }
    }
}

#[test]
fn a_stale_write_is_judged_again_by_what_the_store_says_now() {
    let (now_user, now_room) = (changed_user(ann()), changed_room(room_without_business()));
    for command in COMMANDS {
        let mocks = Mocks::new().finding(Read::Cached, &ann(), room());
        let mut mocks = mocks.finding(Read::Fresh, &now_user, now_room.clone());
        command.expect(&mut mocks.messages, guard(&ann(), &room()), 1, Stale);
        command.expect(&mut mocks.messages, guard(&now_user, &now_room), 1, Kept);
        let told = Arc::new(now_room.clone()).at(at(10));
        mocks.expect_told(move |change| change.room == told);
        let kept = command.ask(&mocks.chat(), &session_of(&ann()));
        assert!(kept.is_ok(), "{command:?}: {kept:?}");
    }
}

#[test]
fn a_write_judged_again_is_judged_by_the_time_it_is_then() {
    for command in COMMANDS {
        let mut mocks = Mocks::untouched()
            .finding(Read::Cached, &admin(), room())
            .finding(Read::Fresh, &admin(), room());
        let times = Mutex::new([at(10), at(20)].into_iter());
        let clock = mocks.clock.expect_now().times(2);
        clock.returning(move || times.lock().unwrap().next().unwrap());
        command.expect(&mut mocks.messages, guard(&admin(), &room()), 1, Stale);
        let refusal = refusal(command.ask(&mocks.chat(), &session_of(&admin())));
        assert_eq!(refusal, Refusal::BusinessRequired, "{command:?}");
    }
}

#[test]
fn a_write_overtaken_eight_times_is_given_up_for_now() {
    let now = changed_room(room());
    // A verdict that was not trusted counts like one that was overtaken.
    for (old, first) in [(room(), 1), (room_without_ann(), 0)] {
        for command in COMMANDS {
            let mut mocks = Mocks::new()
                .finding(Read::Cached, &ann(), old.clone())
                .finding(Read::Fresh, &ann(), now.clone());
            command.expect(&mut mocks.messages, guard(&ann(), &old), first, Stale);
            command.expect(&mut mocks.messages, guard(&ann(), &now), 7, Stale);
            let failure = failure(command.ask(&mocks.chat(), &session_of(&ann())));
            assert!(failure.is_passing(), "{command:?}");
        }
    }
}

#[test]
fn what_could_not_be_kept_is_not_told_and_not_tried_again() {
    for command in COMMANDS {
        let mut mocks = Mocks::new().finding(Read::Cached, &ann(), room());
        command.expect(&mut mocks.messages, guard(&ann(), &room()), 1, Lost);
        let failure = failure(command.ask(&mocks.chat(), &session_of(&ann())));
        assert!(!failure.is_passing(), "{command:?}");
    }
}

#[test]
fn without_a_verdict_nothing_is_kept_or_told() {
    for command in COMMANDS {
        let mut mocks = Mocks::new();
        let user = mocks.people.expect_user().once();
        user.returning(|_, _| Err(Unavailable::passing("the store is away")));
        assert!(failure(command.ask(&mocks.chat(), &session_of(&ann()))).is_passing());

        let mut mocks = Mocks::new().finding_user(Read::Cached, &ann());
        let room = mocks.rooms.expect_room().once();
        room.returning(|_, _| Err(Unavailable::passing("the store is away")));
        assert!(failure(command.ask(&mocks.chat(), &session_of(&ann()))).is_passing());
    }
}
