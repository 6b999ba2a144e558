use std::{
    pin::pin,
    sync::Arc,
    task::{Context, Waker},
};

use aftermatch_ports::{
    Changes, MockInbox, RoomState, Scope, StoreError,
    model::{BrandId, LogHead, Revision, Room, Seq},
};
use mockall::predicate::eq;
use pollster::block_on;

use super::*;
use crate::{
    sync::rights::Rechecks,
    testing::{EPOCH, Mocks, OTHER, ROOM, ann, head, message, room, room_without_ann},
};

const READER: UserId = UserId(3);
const OF_ANN: Scope = Scope::Brand {
    brand: BrandId(1),
    reader: READER,
};

fn due(with_read_positions: bool) -> DueRoom {
    DueRoom {
        room: ROOM,
        scope: OF_ANN,
        with_read_positions,
    }
}

fn summary(room: Room) -> RoomSummary {
    RoomSummary {
        room: Arc::new(room),
        last_seq: Seq(41),
        unread: Some(1),
        read_seq: Some(Seq(38)),
        last_message: Some(message(41)),
    }
}

fn with_due(due: DueRoom) -> Mocks {
    let mut mocks = Mocks::new();
    mocks.inbox.expect_due().return_const(vec![due]);
    mocks
}

#[test]
fn due_room_is_read_and_delivered() {
    for with_read_positions in [false, true] {
        let mut mocks = with_due(due(with_read_positions));
        let summaries = mocks.rooms.expect_summaries().once();
        summaries
            .with(eq(vec![(ROOM, OF_ANN)]))
            .returning(|_| Ok(vec![Some(summary(room()))]));
        if with_read_positions {
            let shown = mocks.read_positions.expect_shown().once();
            shown
                .with(eq(vec![ROOM]))
                .returning(|_| Ok(vec![(ROOM, READER, Seq(38))]));
        }
        let deliver = mocks.inbox.expect_deliver().once();
        deliver
            .withf(move |delivered, summary| {
                let summary = summary.as_ref().expect("the room");
                *delivered == due(with_read_positions)
                    && summary.listed.last_seq == Seq(41)
                    && summary.listed.view.has_business
                    && summary.read_positions.is_empty() != with_read_positions
            })
            .return_const(());
        block_on(deliver_next(&mocks.ports())).expect("a store");
    }
}

#[test]
fn room_out_of_reach_is_delivered_as_gone() {
    for (found, reason) in [
        (None, Eviction::RoomRemoved),
        (Some(summary(room_without_ann())), Eviction::BrandRemoved),
    ] {
        let mut mocks = with_due(due(false));
        let summaries = mocks.rooms.expect_summaries();
        summaries.return_once(move |_| Ok(vec![found]));
        let deliver = mocks.inbox.expect_deliver().once();
        deliver
            .with(eq(due(false)), eq(Err(reason)))
            .return_const(());
        block_on(deliver_next(&mocks.ports())).expect("a store");
    }
}

#[test]
fn unreadable_room_is_postponed() {
    let mut mocks = with_due(due(false));
    let summaries = mocks.rooms.expect_summaries();
    summaries.returning(|_| Err(StoreError::transient("the store is away")));
    let postpone = mocks.inbox.expect_postpone().once();
    postpone.with(eq(due(false))).return_const(());
    let delivered = block_on(deliver_next(&mocks.ports()));
    assert!(delivered.is_err());
}

/// An inbox with these scopes, and a recheck with these changes.
fn with_changes(changes: Changes, inbox: impl FnOnce(&mut MockInbox)) -> Mocks {
    let mut mocks = Mocks::new();
    mocks.inbox.expect_scopes().return_const(vec![OF_ANN]);
    inbox(&mut mocks.inbox);
    let connected = mocks.presence.expect_connected();
    connected.returning(aftermatch_ports::Connected::default);
    let told = mocks.revisions.expect_changes();
    told.returning(move || Ok(changes.clone()));
    mocks.revisions.expect_recheck().return_const(());
    mocks.broadcast.expect_expect().return_const(());
    mocks
}

fn recheck(mocks: Mocks) -> Result<(), StoreError> {
    let ports = mocks.ports();
    let mut rechecks = Rechecks::default();
    block_on(rechecks.next(&ports))
}

#[test]
fn recheck_finds_events_and_changed_rooms() {
    let changes = Changes::Known {
        users: vec![ann().id],
        rooms: vec![ROOM],
        logs: vec![(
            OTHER,
            LogHead {
                epoch: EPOCH,
                ..head(7)
            },
        )],
    };
    let mut mocks = with_changes(changes, |inbox| {
        let written = inbox.expect_written().once();
        written.with(eq(OTHER), eq(Seq(7))).return_const(());
        let changed = inbox.expect_changed().once();
        changed
            .with(eq(vec![ROOM]), eq(vec![(ROOM, BrandId(2))]))
            .return_const(());
    });
    let participants = mocks.rooms.expect_participants().once();
    participants
        .with(eq(vec![ROOM]))
        .returning(|_| Ok(vec![(ROOM, BrandId(2))]));
    recheck(mocks).expect("a store");
}

#[test]
fn recheck_that_knows_nothing_loads_everything() {
    let state = RoomState {
        last_seq: Seq(41),
        read_seq: Some(Seq(38)),
        revision: Revision(1),
    };
    let mut mocks = with_changes(Changes::Unknown, |inbox| {
        let load = inbox.expect_load().once();
        load.with(eq(OF_ANN), eq(vec![(ROOM, state)]))
            .return_const(());
    });
    let states = mocks.rooms.expect_states().with(eq(vec![OF_ANN])).once();
    states.returning(move |_| Ok(vec![(OF_ANN, ROOM, state)]));
    recheck(mocks).expect("a store");
}

#[test]
fn what_could_not_be_read_is_read_at_next_recheck() {
    let mut mocks = with_changes(Changes::Unknown, |inbox| {
        inbox.expect_load().once().return_const(());
    });
    let failing = mocks.rooms.expect_states().once();
    failing.returning(|_| Err(StoreError::transient("the store is away")));
    let states = mocks.rooms.expect_states().once();
    states.returning(|_| Ok(vec![]));
    let ports = mocks.ports();
    let mut rechecks = Rechecks::default();
    block_on(rechecks.next(&ports)).expect_err("the store is away");
    let mut context = Context::from_waker(Waker::noop());
    assert!(pin!(rechecks.next(&ports)).poll(&mut context).is_ready());
}
