//! Events of other processes, and events that were missed.

use std::sync::{Arc, Mutex};

use aftermatch_ports::{
    Connected, DeltaSince, Stale,
    model::{Message, MessageId, RoomDelta},
};
use mockall::predicate::eq;

use super::*;
use crate::testing::{Mocks, OTHER, ROOM, at, message, room, text};

fn request_id(id: &str) -> RequestId {
    RequestId::new(id)
}

/// The announcement of an event that another process committed.
fn announced(room: RoomId, seq: i64, id: &str) -> RemoteEvent {
    RemoteEvent {
        room,
        seq: Seq(seq),
        request_id: request_id(id),
    }
}

/// An event of another process, as it is delivered.
fn event(seq: i64, request_id: RequestId, kind: EventKind) -> RoomEvent {
    RoomEvent {
        seq: Seq(seq),
        room: Arc::new(room()).at(at(10)),
        requester: None,
        request_id,
        kind,
    }
}

/// [`ROOM`] was delivered up to event 38, no other room is joined, and the store
/// reads `delta` after that.
fn delivered_up_to_38(delta: Option<RoomDelta>) -> Mocks {
    let mut mocks = Mocks::new().finding_room(Read::Fresh, room());
    let last_delivered = mocks.broadcast.expect_last_delivered();
    last_delivered.returning(|room| (room == ROOM).then_some(Seq(38)));
    let read = mocks.history.expect_delta_since();
    read.withf(|room, since, _| (*room, *since) == (ROOM, Seq(38)))
        .returning(move |_, _, _| {
            let (last_seq, delta) = (Seq(43), delta.clone());
            Ok(DeltaSince { last_seq, delta })
        });
    mocks
}

/// After event 38: event 39 edits a message that event 42 edits again, event 40
/// creates a message, event 41 creates one that event 43 deletes together with an
/// older one.
fn delta_since_38() -> RoomDelta {
    let edited = Message {
        text: text("edited"),
        changed_seq: Seq(42),
        ..message(3)
    };
    RoomDelta {
        upserted: vec![edited, message(40)],
        deleted: vec![(MessageId(7), Seq(43))],
    }
}

fn edited() -> EventKind {
    EventKind::Edited {
        id: message(3).id,
        text: text("edited"),
    }
}

fn deleted() -> EventKind {
    EventKind::Deleted {
        ids: vec![MessageId(7)],
        missing: vec![],
    }
}

fn expect_insert(mocks: &mut Mocks, events: Vec<(Seq, Option<RoomEvent>)>) {
    let insert = mocks.broadcast.expect_insert_remote().once();
    insert.with(eq(ROOM), eq(events)).return_const(());
}

#[test]
fn remote_events_carry_their_request_ids() {
    let mut mocks = delivered_up_to_38(Some(delta_since_38()));
    let events = vec![
        (Seq(39), None),
        (
            Seq(40),
            Some(event(40, request_id("b"), EventKind::Created(message(40)))),
        ),
        (Seq(41), None),
        (Seq(42), Some(event(42, request_id("d"), edited()))),
        (Seq(43), Some(event(43, RequestId::NONE, deleted()))),
    ];
    expect_insert(&mut mocks, events);
    let without_request_id = RemoteEvent {
        request_id: RequestId::NONE,
        ..announced(ROOM, 43, "")
    };
    let batch = vec![
        announced(ROOM, 41, "c"),
        announced(ROOM, 39, "a"),
        announced(ROOM, 40, "b"),
        announced(ROOM, 42, "d"),
        without_request_id,
    ];
    mocks.receive([batch]);
}

#[test]
fn only_announced_undelivered_events_are_inserted() {
    let mut mocks = delivered_up_to_38(Some(delta_since_38()));
    let created = event(40, request_id("b"), EventKind::Created(message(40)));
    expect_insert(&mut mocks, vec![(Seq(40), Some(created))]);
    let batch = vec![
        announced(ROOM, 37, "x"),
        announced(ROOM, 38, "y"),
        announced(ROOM, 40, "b"),
    ];
    mocks.receive([batch]);
}

#[test]
fn delivered_or_unjoined_events_are_not_read() {
    let mut mocks = Mocks::new();
    let last_delivered = mocks.broadcast.expect_last_delivered();
    last_delivered.returning(|room| (room == ROOM).then_some(Seq(38)));
    let batch = vec![
        announced(ROOM, 38, "a"),
        announced(ROOM, 1, "b"),
        announced(OTHER, 90, "c"),
    ];
    mocks.receive([batch, vec![]]);
}

#[test]
fn unreadable_remote_events_are_not_inserted() {
    delivered_up_to_38(None).receive([vec![announced(ROOM, 40, "b")]]);

    let mut mocks = Mocks::new();
    let last_delivered = mocks.broadcast.expect_last_delivered();
    last_delivered.return_const(Seq(38));
    let read = mocks.history.expect_delta_since().once();
    read.returning(|_, _, _| Err(StoreError::transient("the store is away")));
    mocks.receive([vec![announced(ROOM, 40, "b")]]);
}

/// One check for each pair: the last event delivered in [`ROOM`], and the last one
/// stored.
fn expect_checks(mocks: &mut Mocks, checks: &[(i64, i64)]) {
    let scripted = checks.to_vec();
    let mut scripted = scripted.into_iter();
    let stale = mocks.revisions.expect_stale();
    stale.returning(move |_, _| {
        let (delivered, stored) = scripted.next().unwrap();
        let behind = (delivered < stored).then_some((ROOM, Seq(stored)));
        Ok(Stale {
            behind: behind.into_iter().collect(),
            ..Stale::default()
        })
    });
    let behind = checks
        .iter()
        .filter(|(delivered, stored)| delivered < stored);
    let delivered: Vec<_> = behind.map(|(delivered, _)| Seq(*delivered)).collect();
    let delivered = Mutex::new(delivered.into_iter());
    let last_delivered = mocks.broadcast.expect_last_delivered();
    last_delivered.returning(move |_| Some(delivered.lock().unwrap().next().unwrap()));
    let connected = mocks.presence.expect_connected();
    connected.returning(Connected::default);
}

fn expect_read(
    mocks: &mut Mocks,
    read: impl Fn() -> Result<DeltaSince, StoreError> + Send + 'static,
) {
    let delta = mocks.history.expect_delta_since().once();
    delta
        .withf(|room, since, _| (*room, *since) == (ROOM, Seq(38)))
        .returning(move |_, _, _| read());
}

#[test]
fn overdue_events_are_backfilled_at_second_check() {
    let mut mocks = Mocks::new().finding_room(Read::Fresh, room());
    expect_checks(&mut mocks, &[(38, 42), (38, 43), (42, 43)]);
    expect_read(&mut mocks, || {
        let (last_seq, delta) = (Seq(43), Some(delta_since_38()));
        Ok(DeltaSince { last_seq, delta })
    });
    // Event 43 was committed after the first check: it is not overdue yet.
    let events = vec![
        event(40, RequestId::NONE, EventKind::Created(message(40))),
        event(42, RequestId::NONE, edited()),
    ];
    let backfill = mocks.broadcast.expect_backfill().once();
    backfill
        .with(eq(ROOM), eq(Some(events)), eq(Seq(42)))
        .return_const(());
    mocks.recheck(3);
}

#[test]
fn events_in_progress_are_not_backfilled() {
    for checks in [
        &[(38, 42)][..],
        &[(38, 42), (42, 42), (42, 43)],
        &[(38, 42), (39, 43), (40, 43)],
        &[(38, 42), (42, 42), (38, 42)],
    ] {
        let mut mocks = Mocks::new();
        expect_checks(&mut mocks, checks);
        mocks.recheck(checks.len());
    }
}

#[test]
fn missing_events_of_unjoined_room_are_ignored() {
    let mut mocks = Mocks::new();
    let connected = mocks.presence.expect_connected();
    connected.returning(Connected::default);
    mocks.broadcast.expect_last_delivered().return_const(None);
    let stale = mocks.revisions.expect_stale();
    stale.returning(|_, _| {
        Ok(Stale {
            behind: vec![(ROOM, Seq(42))],
            ..Stale::default()
        })
    });
    mocks.recheck(2);
}

#[test]
fn unreadable_overdue_events_are_retried() {
    let mut mocks = Mocks::new().finding_room(Read::Fresh, room());
    expect_checks(&mut mocks, &[(38, 42), (38, 42), (38, 42)]);
    expect_read(&mut mocks, || {
        Err(StoreError::transient("the store is away"))
    });
    expect_read(&mut mocks, || {
        let (last_seq, delta) = (Seq(43), None);
        Ok(DeltaSince { last_seq, delta })
    });
    let backfill = mocks.broadcast.expect_backfill().once();
    backfill
        .with(eq(ROOM), eq(None), eq(Seq(42)))
        .return_const(());
    mocks.recheck(3);
}
