use std::sync::Arc;

use aftermatch_ports::{
    Changes, Chat, Unavailable,
    model::{BrandId, Message, MessageId, Net, Refusal, User, What},
};
use mockall::{Sequence, predicate::eq};
use pollster::block_on;

use super::*;
use crate::testing::{
    Mocks, OTHER, ROOM, admin, ann, at, failure, message, refusal, room, room_without_ann,
    session_of, text,
};

/// A connection of `user` that has joined `room`.
fn joined(user: &User, room: Option<RoomId>) -> Session {
    Session {
        room,
        ..session_of(user)
    }
}

fn expect_hold(mocks: &mut Mocks) {
    mocks.events.expect_hold().once().return_const(());
    mocks.events.expect_begin().return_const(true);
}

/// The seat in `room`, and no other, is given up.
fn expect_leave(mocks: &mut Mocks, room: RoomId) {
    let leave = mocks.events.expect_leave();
    leave
        .with(eq(session_of(&ann()).id), eq(room))
        .once()
        .return_const(());
}

#[test]
fn a_seat_is_held_before_the_room_is_read() {
    for (user, viewer) in [(ann(), Viewer::Brand(BrandId(1))), (admin(), Viewer::Admin)] {
        let mut session = joined(&user, None);
        let seat = Seat {
            session: session.id,
            room: ROOM,
            viewer,
        };
        let mut mocks = Mocks::new().finding_user(Read::Fresh, &user);
        let mut order = Sequence::new();
        let hold = mocks.events.expect_hold().with(eq(seat)).once();
        hold.in_sequence(&mut order).return_const(());
        let read = mocks.rooms.expect_room().with(eq(ROOM), eq(Read::Fresh));
        read.once()
            .in_sequence(&mut order)
            .returning(|_, _| Ok(Some(Arc::new(room()))));
        let last = mocks.messages.expect_last_seq().with(eq(ROOM)).once();
        last.in_sequence(&mut order).returning(|_| Ok(Seq(41)));
        let begin = mocks.events.expect_begin().with(eq(ROOM), eq(Seq(41)));
        begin.once().in_sequence(&mut order).return_const(true);

        let answer = block_on(mocks.chat().join_room(&mut session, ROOM, None)).unwrap();
        let expected = Joined {
            view: Arc::new(room()).at(at(10)),
            last: Seq(41),
            missed: Missed::NotAsked,
        };
        assert_eq!(answer, expected);
        assert_eq!(session.room, Some(ROOM));
    }
}

#[test]
fn whoever_read_the_room_too_early_reads_it_again() {
    let mut session = joined(&ann(), None);
    let mut mocks = Mocks::new().finding(Read::Fresh, &ann(), room());
    mocks.events.expect_hold().once().return_const(());
    let mut order = Sequence::new();
    for (seq, begun) in [(41, false), (42, true)] {
        let last = mocks.messages.expect_last_seq().once();
        last.in_sequence(&mut order)
            .returning(move |_| Ok(Seq(seq)));
        let begin = mocks.events.expect_begin().with(eq(ROOM), eq(Seq(seq)));
        begin.times(1 - usize::from(begun)).return_const(begun);
    }
    let answer = block_on(mocks.chat().join_room(&mut session, ROOM, None)).unwrap();
    assert_eq!(answer.last, Seq(42));
    assert_eq!(session.room, Some(ROOM));
}

#[test]
fn joining_another_room_gives_up_the_old_seat() {
    let mut session = joined(&ann(), Some(OTHER));
    let mut mocks = Mocks::new().finding(Read::Fresh, &ann(), room());
    let last = mocks.messages.expect_last_seq();
    last.returning(|_| Ok(Seq::ZERO));
    expect_hold(&mut mocks);
    expect_leave(&mut mocks, OTHER);
    let answer = block_on(mocks.chat().join_room(&mut session, ROOM, None)).unwrap();
    assert_eq!(answer.last, Seq::ZERO);
    assert_eq!(session.room, Some(ROOM));
}

#[test]
fn a_refused_join_leaves_the_seat_where_it_was() {
    for (user, room, expected) in [
        (ann(), None, Refusal::RoomForbidden),
        (ann(), Some(room_without_ann()), Refusal::RoomForbidden),
        (admin(), None, Refusal::RoomNotFound),
    ] {
        for before in [None, Some(OTHER)] {
            let mut session = joined(&user, before);
            let mut mocks = Mocks::new().finding(Read::Fresh, &user, room.clone());
            expect_hold(&mut mocks);
            expect_leave(&mut mocks, ROOM);
            let answer = block_on(mocks.chat().join_room(&mut session, ROOM, None));
            assert_eq!(refusal(answer), expected);
            assert_eq!(session.room, before);
        }
    }
}

#[test]
fn a_failed_join_leaves_the_seat_where_it_was() {
    let mut session = joined(&ann(), Some(OTHER));
    let mut mocks = Mocks::new().finding(Read::Fresh, &ann(), room());
    let last = mocks.messages.expect_last_seq();
    last.returning(|_| Err(Unavailable::passing("the store is away")));
    expect_hold(&mut mocks);
    expect_leave(&mut mocks, ROOM);
    let answer = block_on(mocks.chat().join_room(&mut session, ROOM, None));
    assert!(failure(answer).is_passing());
    assert_eq!(session.room, Some(OTHER));
}

#[test]
fn who_lost_the_right_to_the_endpoint_holds_no_seat() {
    let mut session = joined(&ann(), Some(OTHER));
    let off = User {
        active: false,
        ..ann()
    };
    let mocks = Mocks::new().finding(Read::Fresh, &off, room());
    let answer = block_on(mocks.chat().join_room(&mut session, ROOM, None));
    assert_eq!(refusal(answer), Refusal::UserDeactivated);
    assert_eq!(session.room, Some(OTHER));
}

/// The seat in [`ROOM`] that is held goes on as it was.
fn expect_release(mocks: &mut Mocks) {
    let release = mocks.events.expect_release();
    release
        .with(eq(session_of(&ann()).id), eq(ROOM))
        .once()
        .return_const(());
}

#[test]
fn joining_the_same_room_again_takes_the_seat_anew() {
    let mut session = joined(&ann(), Some(ROOM));
    let mut mocks = Mocks::new().finding(Read::Fresh, &ann(), room());
    let last = mocks.messages.expect_last_seq();
    last.returning(|_| Ok(Seq(41)));
    expect_hold(&mut mocks);
    let answer = block_on(mocks.chat().join_room(&mut session, ROOM, None)).unwrap();
    let expected = Joined {
        view: Arc::new(room()).at(at(10)),
        last: Seq(41),
        missed: Missed::NotAsked,
    };
    assert_eq!(answer, expected);
    assert_eq!(session.room, Some(ROOM));
}

#[test]
fn joining_the_same_room_again_can_be_refused() {
    let mut session = joined(&ann(), Some(ROOM));
    let mut mocks = Mocks::new().finding(Read::Fresh, &ann(), room_without_ann());
    expect_hold(&mut mocks);
    expect_release(&mut mocks);
    let answer = block_on(mocks.chat().join_room(&mut session, ROOM, None));
    assert_eq!(refusal(answer), Refusal::RoomForbidden);
    assert_eq!(session.room, Some(ROOM));
}

#[test]
fn joining_the_same_room_again_can_fail() {
    for since in [None, Some(Seq(38))] {
        let mut session = joined(&ann(), Some(ROOM));
        let mut mocks = Mocks::new().finding(Read::Fresh, &ann(), room());
        let away = || Unavailable::passing("the store is away");
        let messages = &mut mocks.messages;
        messages.expect_last_seq().returning(move |_| Err(away()));
        messages
            .expect_changes()
            .returning(move |_, _, _| Err(away()));
        expect_hold(&mut mocks);
        expect_release(&mut mocks);
        let answer = block_on(mocks.chat().join_room(&mut session, ROOM, since));
        assert!(failure(answer).is_passing());
        assert_eq!(session.room, Some(ROOM));
    }
}

/// What Ann is told who comes back and has heard the room up to its change 38.
fn back_since_38(changes: Changes) -> Joined {
    let mut session = joined(&ann(), None);
    let mut mocks = Mocks::new().finding(Read::Fresh, &ann(), room());
    let mut order = Sequence::new();
    let hold = mocks.events.expect_hold().once();
    hold.in_sequence(&mut order).return_const(());
    let read = mocks.messages.expect_changes().once();
    read.in_sequence(&mut order)
        .with(eq(ROOM), eq(Seq(38)), eq(MAX_REPLAY))
        .returning(move |_, _, _| Ok(changes.clone()));
    mocks.events.expect_begin().return_const(true);
    let answer = block_on(mocks.chat().join_room(&mut session, ROOM, Some(Seq(38))));
    assert_eq!(session.room, Some(ROOM));
    answer.unwrap()
}

#[test]
fn who_comes_back_is_told_what_was_missed() {
    let edited = Message {
        text: text("edited"),
        changed: Seq(41),
        ..message(3)
    };
    let net = Net {
        living: vec![edited, message(39)],
        gone: vec![(MessageId(7), Seq(42)), (MessageId(8), Seq(40))],
    };
    let back = back_since_38(Changes {
        last: Seq(43),
        net: Some(net),
    });
    let edited = What::Edited {
        id: message(3).id,
        text: text("edited"),
    };
    let deleted = What::Deleted {
        ids: vec![MessageId(7), MessageId(8)],
        missing: vec![],
    };
    let missed = Missed::Steps(vec![
        (Seq(39), What::Created(message(39))),
        (Seq(40), deleted),
        (Seq(41), edited),
    ]);
    let expected = Joined {
        view: Arc::new(room()).at(at(10)),
        last: Seq(43),
        missed,
    };
    assert_eq!(back, expected);
}

#[test]
fn who_missed_nothing_is_told_so() {
    let (living, gone) = (vec![], vec![]);
    let back = back_since_38(Changes {
        last: Seq(38),
        net: Some(Net { living, gone }),
    });
    assert_eq!((back.last, back.missed), (Seq(38), Missed::Steps(vec![])));
}

#[test]
fn who_missed_too_much_reads_the_room_anew() {
    // The most messages, and the deletion that makes one step too many.
    let most = i64::try_from(MAX_REPLAY).unwrap();
    let living: Vec<_> = (39..39 + most).map(message).collect();
    let last = Seq(39 + most);
    let gone = vec![(MessageId(7), last)];
    let told = |living: &[Message], gone: &[(MessageId, Seq)]| Changes {
        last,
        net: Some(Net {
            living: living.to_vec(),
            gone: gone.to_vec(),
        }),
    };
    for (changes, steps) in [
        (told(&living, &[]), Some(MAX_REPLAY)),
        (told(&living[1..], &gone), Some(MAX_REPLAY)),
        (told(&living, &gone), None),
        (Changes { last, net: None }, None),
    ] {
        let back = back_since_38(changes);
        assert_eq!(back.last, last);
        let told = match back.missed {
            Missed::Steps(steps) => Some(steps.len()),
            Missed::TooMuch => None,
            Missed::NotAsked => panic!("it was asked"),
        };
        assert_eq!(told, steps);
    }
}
