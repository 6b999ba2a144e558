//! Which seats a join takes and gives up.

mod replay;

use std::sync::Arc;

use aftermatch_ports::{
    Chat, StoreError,
    model::{BrandId, Refusal, RoomVersion, User},
};
use mockall::{Sequence, predicate::eq};
use pollster::block_on;

use super::*;
use crate::testing::{
    Mocks, OTHER, ROOM, SESSION, admin, ann, at, failure, refusal, room, room_without_ann,
    session_of,
};

/// The rooms that the session may have joined before it joins [`ROOM`].
const JOINED_BEFORE: [Option<RoomId>; 3] = [None, Some(OTHER), Some(ROOM)];

fn join(mocks: Mocks, user: &User, since: Option<Seq>) -> Result<Joined, ChatError> {
    block_on(mocks.chat().join_room(&session_of(user), ROOM, since))
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
fn expect_activate(mocks: &mut Mocks, last_seq: Seq) {
    let version = RoomVersion {
        room: ROOM,
        revision: room().revision,
        last_seq,
    };
    let activate = mocks.seats.expect_activate();
    activate
        .with(eq(SESSION), eq(version))
        .once()
        .return_const(());
}

/// Checks the joined room, activates the seat and returns the rest of the result.
fn activate(joined: Joined) -> (Seq, Missed) {
    assert_eq!(joined.view, Arc::new(room()).at(at(10)));
    let version = RoomVersion {
        room: joined.view.room.id,
        revision: joined.view.room.revision,
        last_seq: joined.last_seq,
    };
    joined.reservation.activate(version);
    (joined.last_seq, joined.missed)
}

#[test]
fn join_reserves_seat_before_reading_room() {
    for (user, viewer) in [(ann(), Viewer::Brand(BrandId(1))), (admin(), Viewer::Admin)] {
        let seat = Seat {
            session: SESSION,
            room: ROOM,
            viewer,
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
        let last_seq = mocks.history.expect_last_seq().with(eq(ROOM)).once();
        last_seq.in_sequence(&mut order).returning(|_| Ok(Seq(41)));
        let anchor = mocks.seats.expect_anchor().with(eq(ROOM), eq(Seq(41)));
        anchor.once().in_sequence(&mut order).return_const(true);
        expect_activate(&mut mocks, Seq(41));

        let joined = join(mocks, &user, None).unwrap();
        assert_eq!(activate(joined), (Seq(41), Missed::NotRequested));
    }
}

#[test]
fn join_read_before_delivery_reads_again() {
    let mocks = Mocks::seated_in(None).at_second_10();
    let mut mocks = mocks.finding(Read::Fresh, &ann(), room());
    expect_reserve(&mut mocks);
    let mut order = Sequence::new();
    for seq in [41, 42] {
        let last_seq = mocks.history.expect_last_seq().once();
        last_seq
            .in_sequence(&mut order)
            .returning(move |_| Ok(Seq(seq)));
    }
    let anchor = mocks.seats.expect_anchor().with(eq(ROOM), eq(Seq(41)));
    anchor.once().return_const(false);
    expect_activate(&mut mocks, Seq(42));
    let joined = join(mocks, &ann(), None).unwrap();
    assert_eq!(activate(joined), (Seq(42), Missed::NotRequested));
}

#[test]
fn join_other_room_leaves_old_one_last() {
    let mut mocks = Mocks::seated_in(Some(OTHER)).at_second_10();
    mocks = mocks.finding(Read::Fresh, &ann(), room());
    expect_reserve(&mut mocks);
    let mut order = Sequence::new();
    let last_seq = mocks.history.expect_last_seq().once();
    last_seq
        .in_sequence(&mut order)
        .returning(|_| Ok(Seq::ZERO));
    let anchor = mocks.seats.expect_anchor().once();
    anchor.in_sequence(&mut order).return_const(true);
    let leave = mocks.seats.expect_leave().with(eq(SESSION)).once();
    leave.in_sequence(&mut order).return_const(Some(OTHER));
    expect_activate(&mut mocks, Seq::ZERO);
    let joined = join(mocks, &ann(), None).unwrap();
    assert_eq!(activate(joined), (Seq::ZERO, Missed::NotRequested));
}

#[test]
fn join_same_room_leaves_no_seat() {
    let mut mocks = Mocks::new().finding(Read::Fresh, &ann(), room());
    let last_seq = mocks.history.expect_last_seq();
    last_seq.returning(|_| Ok(Seq(41)));
    expect_reserve(&mut mocks);
    mocks.seats.expect_anchor().return_const(true);
    expect_activate(&mut mocks, Seq(41));
    let joined = join(mocks, &ann(), None).unwrap();
    assert_eq!(activate(joined), (Seq(41), Missed::NotRequested));
}

#[test]
fn join_dropped_before_activation_is_cancelled() {
    for before in [None, Some(ROOM)] {
        let mocks = Mocks::seated_in(before).at_second_10();
        let mut mocks = mocks.finding(Read::Fresh, &ann(), room());
        let last_seq = mocks.history.expect_last_seq();
        last_seq.returning(|_| Ok(Seq(41)));
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
        for since in [None, Some(Seq(38))] {
            let mocks = Mocks::seated_in(before).at_second_10();
            let mut mocks = mocks.finding(Read::Fresh, &ann(), room());
            let last_seq = mocks.history.expect_last_seq();
            last_seq.returning(move |_| Err(away()));
            let delta = mocks.history.expect_delta_since();
            delta.returning(move |_, _, _| Err(away()));
            expect_reserve(&mut mocks);
            expect_cancel(&mut mocks);
            assert!(failure(join(mocks, &ann(), since)).is_transient());
        }
    }
}

#[test]
fn join_failed_second_read_keeps_old_seat() {
    for before in JOINED_BEFORE {
        let mocks = Mocks::seated_in(before).at_second_10();
        let mut mocks = mocks.finding(Read::Fresh, &ann(), room());
        let mut order = Sequence::new();
        let first = mocks.history.expect_last_seq().once();
        first.in_sequence(&mut order).returning(|_| Ok(Seq(41)));
        let second = mocks.history.expect_last_seq().once();
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
fn join_lost_endpoint_reserves_no_seat() {
    let inactive = User {
        active: false,
        ..ann()
    };
    let mocks = Mocks::seated_in(Some(OTHER)).at_second_10();
    let mocks = mocks.finding(Read::Fresh, &inactive, room());
    assert_eq!(refusal(join(mocks, &ann(), None)), Refusal::UserDeactivated);
}
