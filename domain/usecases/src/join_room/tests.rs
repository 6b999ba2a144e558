//! Which seats a join takes and gives up.

mod replay;

use std::sync::Arc;

use aftermatch_ports::{
    Chat, StoreError,
    model::{BrandId, Refusal, Seq, User},
};
use mockall::{Sequence, predicate::eq};
use pollster::block_on;

use super::*;
use crate::testing::{
    Mocks, OTHER, ROOM, SESSION, admin, ann, at, failure, head, refusal, room, room_without_ann,
    session_of,
};

/// The rooms that the session may have joined before it joins [`ROOM`].
const JOINED_BEFORE: [Option<RoomId>; 3] = [None, Some(OTHER), Some(ROOM)];

const PLAIN: Join = Join {
    room: ROOM,
    since: None,
    is_lean: false,
    with_read_positions: false,
};

fn join(mocks: Mocks, user: &User, since: Option<Since>) -> Result<Joined, ChatError> {
    let join = Join { since, ..PLAIN };
    block_on(mocks.chat().join_room(&session_of(user), join))
}

/// A client that has received the events up to number 38, those of the log that it
/// knows as `epoch`.
fn since(epoch: Option<&str>) -> Since {
    Since {
        seq: Seq(38),
        epoch: epoch.map(str::to_owned),
    }
}

/// A seat is reserved.
fn expect_reserve(mocks: &mut Mocks) {
    mocks.seats.expect_reserve().once().return_const(());
}

/// The reservation is cancelled. No seat is given up: no test that calls this
/// expects [`Seats::leave`](aftermatch_ports::Seats::leave).
fn expect_cancel(mocks: &mut Mocks) {
    let cancel = mocks.seats.expect_cancel();
    cancel.with(eq(SESSION), eq(ROOM)).once().return_const(());
}

/// The seat is activated for a session that has read [`ROOM`] up to `last_seq`.
fn expect_activate(mocks: &mut Mocks, last_seq: i64) {
    let activate = mocks.seats.expect_activate();
    activate
        .with(eq(SESSION), eq(ROOM), eq(Seq(last_seq)))
        .once()
        .return_const(());
}

/// Checks the joined room, activates the seat and returns the rest of the result.
fn activate(joined: Joined) -> (LogHead, Missed) {
    assert_eq!(joined.view, Arc::new(room()).at(at(10)));
    joined.reservation.activate(joined.head.last_seq);
    (joined.head, joined.missed)
}

#[test]
fn join_reserves_seat_before_reading_room() {
    for (user, viewer) in [(ann(), Viewer::Brand(BrandId(1))), (admin(), Viewer::Admin)] {
        let seat = Seat {
            session: SESSION,
            room: ROOM,
            viewer,
            is_lean: false,
        };
        let mocks = Mocks::seated_in(None).at_second_10();
        let mut mocks = mocks.finding_user(Read::Fresh, &user);
        let mut order = Sequence::new();
        let reserve = mocks.seats.expect_reserve().with(eq(seat)).once();
        reserve.in_sequence(&mut order).return_const(());
        let read = mocks.rooms.expect_room().with(eq(ROOM), eq(Read::Fresh));
        read.once()
            .in_sequence(&mut order)
            .returning(|_, _| Ok(Some(Arc::new(room()))));
        let read_head = mocks.log.expect_head().with(eq(ROOM)).once();
        read_head
            .in_sequence(&mut order)
            .returning(|_| Ok(Some(head(41))));
        let anchor = mocks.seats.expect_anchor();
        let anchor = anchor.with(eq(SESSION), eq(ROOM), eq(head(41)));
        anchor.once().in_sequence(&mut order).return_const(true);
        expect_activate(&mut mocks, 41);

        let joined = join(mocks, &user, None).unwrap();
        assert_eq!(activate(joined), (head(41), Missed::NotRequested));
    }
}

#[test]
fn join_read_before_delivery_reads_again() {
    let mocks = Mocks::seated_in(None).at_second_10();
    let mut mocks = mocks.finding(Read::Fresh, &ann(), room());
    expect_reserve(&mut mocks);
    let mut order = Sequence::new();
    for seq in [41, 42] {
        let read_head = mocks.log.expect_head().once();
        read_head
            .in_sequence(&mut order)
            .returning(move |_| Ok(Some(head(seq))));
    }
    for (seq, reached) in [(41, false), (42, true)] {
        let anchor = mocks.seats.expect_anchor().once();
        anchor
            .with(eq(SESSION), eq(ROOM), eq(head(seq)))
            .return_const(reached);
    }
    expect_activate(&mut mocks, 42);
    let joined = join(mocks, &ann(), None).unwrap();
    assert_eq!(activate(joined), (head(42), Missed::NotRequested));
}

#[test]
fn join_other_room_leaves_old_one_last() {
    let mut mocks = Mocks::seated_in(Some(OTHER)).at_second_10();
    mocks = mocks.finding(Read::Fresh, &ann(), room());
    expect_reserve(&mut mocks);
    let mut order = Sequence::new();
    let read_head = mocks.log.expect_head().once();
    read_head
        .in_sequence(&mut order)
        .returning(|_| Ok(Some(head(0))));
    let anchor = mocks.seats.expect_anchor().once();
    anchor.in_sequence(&mut order).return_const(true);
    let leave = mocks.seats.expect_leave().with(eq(SESSION)).once();
    leave.in_sequence(&mut order).return_const(Some(OTHER));
    expect_activate(&mut mocks, 0);
    let joined = join(mocks, &ann(), None).unwrap();
    assert_eq!(activate(joined), (head(0), Missed::NotRequested));
}

#[test]
fn join_same_room_leaves_no_seat() {
    let mut mocks = Mocks::new().finding(Read::Fresh, &ann(), room());
    let read_head = mocks.log.expect_head();
    read_head.returning(|_| Ok(Some(head(41))));
    expect_reserve(&mut mocks);
    mocks.seats.expect_anchor().return_const(true);
    expect_activate(&mut mocks, 41);
    let joined = join(mocks, &ann(), None).unwrap();
    assert_eq!(activate(joined), (head(41), Missed::NotRequested));
}

#[test]
fn join_dropped_before_activation_is_cancelled() {
    for before in [None, Some(ROOM)] {
        let mocks = Mocks::seated_in(before).at_second_10();
        let mut mocks = mocks.finding(Read::Fresh, &ann(), room());
        let read_head = mocks.log.expect_head();
        read_head.returning(|_| Ok(Some(head(41))));
        expect_reserve(&mut mocks);
        mocks.seats.expect_anchor().return_const(true);
        expect_cancel(&mut mocks);
        drop(join(mocks, &ann(), None).unwrap());
    }
}

#[test]
fn join_refused_room_keeps_old_seat() {
    for (user, room, expected) in [
        (ann(), None, Refusal::RoomForbidden),
        (ann(), Some(room_without_ann()), Refusal::RoomForbidden),
        (admin(), None, Refusal::RoomNotFound),
    ] {
        for before in JOINED_BEFORE {
            let mocks = Mocks::seated_in(before).at_second_10();
            let mut mocks = mocks.finding(Read::Fresh, &user, room.clone());
            expect_reserve(&mut mocks);
            expect_cancel(&mut mocks);
            assert_eq!(refusal(join(mocks, &user, None)), expected);
        }
    }
}

#[test]
fn join_failed_read_keeps_old_seat() {
    let away = || StoreError::transient("the store is away");
    for before in JOINED_BEFORE {
        for since in [None, Some(since(None))] {
            let mocks = Mocks::seated_in(before).at_second_10();
            let mut mocks = mocks.finding(Read::Fresh, &ann(), room());
            let read_head = mocks.log.expect_head();
            read_head.returning(move |_| Err(away()));
            let delta = mocks.history.expect_delta_since();
            delta.returning(move |_, _, _| Err(away()));
            expect_reserve(&mut mocks);
            expect_cancel(&mut mocks);
            assert!(failure(join(mocks, &ann(), since)).is_transient());
        }
    }
}

#[test]
fn join_room_removed_between_reads_is_refused() {
    for (user, expected) in [
        (ann(), Refusal::RoomForbidden),
        (admin(), Refusal::RoomNotFound),
    ] {
        let mocks = Mocks::seated_in(None).at_second_10();
        let mut mocks = mocks.finding(Read::Fresh, &user, room());
        mocks.log.expect_head().returning(|_| Ok(None));
        expect_reserve(&mut mocks);
        expect_cancel(&mut mocks);
        assert_eq!(refusal(join(mocks, &user, None)), expected);
    }
}

#[test]
fn join_failed_second_read_keeps_old_seat() {
    for before in JOINED_BEFORE {
        let mocks = Mocks::seated_in(before).at_second_10();
        let mut mocks = mocks.finding(Read::Fresh, &ann(), room());
        let mut order = Sequence::new();
        let first = mocks.log.expect_head().once();
        first
            .in_sequence(&mut order)
            .returning(|_| Ok(Some(head(41))));
        let second = mocks.log.expect_head().once();
        second
            .in_sequence(&mut order)
            .returning(|_| Err(StoreError::transient("the store is away")));
        expect_reserve(&mut mocks);
        mocks.seats.expect_anchor().once().return_const(false);
        expect_cancel(&mut mocks);
        assert!(failure(join(mocks, &ann(), None)).is_transient());
    }
}

#[test]
fn join_gives_up_when_log_keeps_changing() {
    let mocks = Mocks::seated_in(None).at_second_10();
    let mut mocks = mocks.finding(Read::Fresh, &ann(), room());
    mocks.log.expect_head().returning(|_| Ok(Some(head(41))));
    expect_reserve(&mut mocks);
    mocks.seats.expect_anchor().return_const(false);
    expect_cancel(&mut mocks);
    assert!(failure(join(mocks, &ann(), None)).is_transient());
}

#[test]
fn join_lost_endpoint_reserves_no_seat() {
    let inactive = User {
        active: false,
        ..ann()
    };
    let mocks = Mocks::seated_in(Some(OTHER)).at_second_10();
    let mocks = mocks.finding(Read::Fresh, &inactive, room());
    assert_eq!(refusal(join(mocks, &ann(), None)), Refusal::UserDeactivated);
}

#[test]
fn join_shows_read_positions_to_those_who_follow_them() {
    let mut mocks = Mocks::seated_in(None).at_second_10();
    mocks = mocks.finding(Read::Fresh, &ann(), room());
    mocks.seats.expect_reserve().once().return_const(());
    mocks.log.expect_head().returning(|_| Ok(Some(head(41))));
    mocks.seats.expect_anchor().return_const(true);
    expect_cancel(&mut mocks);
    let shown = mocks.read_positions.expect_shown().with(eq(vec![ROOM]));
    shown.returning(|_| Ok(vec![(ROOM, ann().id, Seq(38))]));
    let join = Join {
        with_read_positions: true,
        ..PLAIN
    };
    let joined = block_on(mocks.chat().join_room(&session_of(&ann()), join));
    let positions = joined.unwrap().read_positions;
    assert_eq!(positions, Some(vec![(ann().id, Seq(38))]));
}
