use std::sync::Mutex;

use aftermatch_ports::model::{Epoch, EventKind, MessageId, RequestId, Seq, Text};
use mockall::predicate::eq;
use pollster::block_on;

use super::*;
use crate::testing::{EPOCH, Mocks, OTHER, ROOM, ann, at, head, message, room};

/// The events 39 to 41 of [`ROOM`], as the log has them.
fn logged() -> Vec<LoggedEvent> {
    let edited = EventKind::Edited {
        id: MessageId(3),
        text: Text::stored("edited"),
    };
    let deleted = EventKind::Deleted {
        ids: vec![MessageId(9), MessageId(7)],
        missing: vec![],
    };
    let kinds = [EventKind::Created(message(39)), edited, deleted];
    let events = (39..).zip(kinds).map(|(seq, kind)| LoggedEvent {
        seq: Seq(seq),
        by: ann().id,
        at: at(seq - 30),
        request_id: RequestId::new(seq.to_string()),
        kind,
    });
    events.collect()
}

fn page(last_seq: i64, events: Option<Vec<LoggedEvent>>) -> Option<LogPage> {
    let head = head(last_seq);
    Some(LogPage { head, events })
}

/// [`ROOM`] was delivered up to event 38 and is overdue once. The log reads as
/// `read` has it.
fn overdue(read: Result<Option<LogPage>, StoreError>) -> Mocks {
    let mut mocks = Mocks::untouched();
    let log = mocks.log.expect_events().once();
    let read = Mutex::new(Some(read));
    log.with(eq(ROOM), eq(Seq(38)), eq(PAGE))
        .returning(move |_, _, _| read.lock().unwrap().take().unwrap());
    mocks
}

/// Reads what is missing; every failure to read is one of the store.
fn read_missing(mocks: Mocks) {
    drop(block_on(catch_up(&mocks.ports(), ROOM, head(38))));
}

fn expect_closed(mocks: &mut Mocks, reason: Eviction) {
    let close = mocks.broadcast.expect_close().once();
    close.with(eq(ROOM), eq(EPOCH), eq(reason)).return_const(());
}

#[test]
fn missing_events_are_delivered_as_they_were() {
    let mut mocks = overdue(Ok(page(41, Some(logged()))));
    mocks = mocks.finding_room(Read::Fresh, room());
    let expected: Vec<_> = logged()
        .into_iter()
        .map(|logged| RoomEvent {
            seq: logged.seq,
            epoch: EPOCH,
            at: logged.at,
            by: ann().id,
            // The room had business until second 20.
            room: Arc::new(room()).at(logged.at),
            requester: None,
            request_id: logged.request_id,
            kind: logged.kind,
        })
        .collect();
    let insert = mocks.broadcast.expect_insert().once();
    insert.with(eq(expected)).return_const(());
    read_missing(mocks);
}

#[test]
fn unreadable_log_delivers_and_closes_nothing() {
    let away = || StoreError::transient("the store is away");
    read_missing(overdue(Err(away())));

    let mut mocks = overdue(Ok(page(41, Some(logged()))));
    let room = mocks.rooms.expect_room();
    room.returning(move |_, _| Err(away()));
    read_missing(mocks);
}

#[test]
fn log_without_the_missing_events_closes_the_room() {
    let other = |epoch| {
        let mut page = page(41, Some(logged())).unwrap();
        page.head.epoch = epoch;
        Some(page)
    };
    let moved = Epoch { store: 8, ..EPOCH };
    let remade = Epoch { room: 2, ..EPOCH };
    for (read, reason) in [
        (None, Eviction::RoomRemoved),
        (other(moved), Eviction::Restarted),
        (other(remade), Eviction::RoomRemoved),
        (page(37, Some(vec![])), Eviction::Restarted),
        (page(41, None), Eviction::Behind),
        (page(38 + MAX_MISSING + 1, Some(logged())), Eviction::Behind),
    ] {
        let mut mocks = overdue(Ok(read));
        mocks.broadcast.expect_delivered().return_const(head(38));
        expect_closed(&mut mocks, reason);
        read_missing(mocks);
    }
}

#[test]
fn removed_room_is_closed() {
    let mut mocks = overdue(Ok(page(41, Some(logged()))));
    mocks = mocks.finding_room(Read::Fresh, None);
    expect_closed(&mut mocks, Eviction::RoomRemoved);
    read_missing(mocks);
}

/// The read took long, and the missing events came meanwhile.
#[test]
fn room_that_went_on_is_not_closed_as_behind() {
    for read in [page(41, None), page(38 + MAX_MISSING + 1, Some(logged()))] {
        let mut mocks = overdue(Ok(read));
        mocks.broadcast.expect_delivered().return_const(head(39));
        read_missing(mocks);
    }
}

#[test]
fn room_is_read_by_one_task_at_a_time() {
    let readers = Readers::default();
    let reading = readers.begin(ROOM).expect("nobody else reads it");
    assert!(readers.begin(ROOM).is_none());
    assert!(readers.begin(OTHER).is_some());
    let mut mocks = Mocks::untouched();
    mocks
        .broadcast
        .expect_overdue()
        .return_const((ROOM, head(38)));
    // No log is read.
    assert!(block_on(readers.read_next(&mocks.ports())).is_ok());
    drop(reading);
    assert!(readers.begin(ROOM).is_some());
}

#[test]
fn unreadable_log_is_reported() {
    let mut mocks = overdue(Err(StoreError::transient("the store is away")));
    mocks
        .broadcast
        .expect_overdue()
        .return_const((ROOM, head(38)));
    let read = block_on(Readers::default().read_next(&mocks.ports()));
    assert!(read.is_err_and(|error| error.is_transient()));
}
