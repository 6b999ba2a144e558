//! Publishing a committed event.

use aftermatch_ports::{
    DeltaSince,
    model::{EventKind, Message, MessageId, RequestId, RoomDelta, RoomEvent, Seq},
};
use mockall::{Sequence, predicate::eq};

use super::{
    command::{
        COMMANDS,
        Command::{self, Delete},
        StoreResult::Committed,
    },
    *,
};
use crate::testing::{ROOM, message, text};

/// The event of `command` is sent to the other processes and then broadcast, which
/// returns `delivered`.
fn publishing(command: Command, delivered: Result<(), Seq>) -> Mocks {
    let mut mocks = Mocks::new().finding(Read::Cached, &ann(), room());
    command.expect(&mut mocks, precondition(&ann(), &room()), 1, Committed);
    let mut order = Sequence::new();
    let relay = mocks.relay.expect_publish().once();
    relay
        .withf(|event| event.seq == Seq(42))
        .in_sequence(&mut order)
        .return_const(());
    let broadcast = mocks.broadcast.expect_broadcast().once();
    broadcast
        .withf(|event| event.seq == Seq(42))
        .in_sequence(&mut order)
        .returning(move |_| delivered);
    mocks
}

fn assert_succeeds(command: Command, mocks: Mocks) {
    let result = command.send(&mocks.chat(), &session_of(&ann()));
    assert!(result.is_ok(), "{command:?}: {result:?}");
}

#[test]
fn committed_event_is_relayed_before_broadcast() {
    for command in COMMANDS {
        assert_succeeds(command, publishing(command, Ok(())));
    }
}

#[test]
fn missing_predecessors_are_read_and_backfilled() {
    let edited = Message {
        text: text("edited"),
        changed_seq: Seq(41),
        ..message(3)
    };
    let delta = RoomDelta {
        // Later events are delivered by those who committed them.
        upserted: vec![edited, message(39), message(42), message(43)],
        deleted: vec![(MessageId(7), Seq(40)), (MessageId(8), Seq(44))],
    };
    let view = Arc::new(room()).at(at(10));
    let event = |seq, kind| RoomEvent {
        seq: Seq(seq),
        room: view.clone(),
        requester: None,
        request_id: RequestId::NONE,
        kind,
    };
    let deleted = EventKind::Deleted {
        ids: vec![MessageId(7)],
        missing: vec![],
    };
    let edited = EventKind::Edited {
        id: message(3).id,
        text: text("edited"),
    };
    let missing = vec![
        event(39, EventKind::Created(message(39))),
        event(40, deleted),
        event(41, edited),
    ];
    for command in COMMANDS {
        let mut mocks = publishing(command, Err(Seq(38))).finding_room(Read::Fresh, room());
        let (delta, last_seq) = (delta.clone(), Seq(44));
        let read = mocks.history.expect_delta_since().once();
        read.withf(|room, since, _| (*room, *since) == (ROOM, Seq(38)))
            .returning(move |_, _, _| {
                let delta = Some(delta.clone());
                Ok(DeltaSince { last_seq, delta })
            });
        let backfill = mocks.broadcast.expect_backfill().once();
        backfill
            .with(eq(ROOM), eq(Some(missing.clone())), eq(Seq(41)))
            .return_const(());
        assert_succeeds(command, mocks);
    }
}

#[test]
fn unreadable_predecessors_fail_no_write() {
    let away = || StoreError::transient("the store is away");
    let nothing = || {
        let (upserted, deleted) = (vec![], vec![]);
        Ok(DeltaSince {
            last_seq: Seq(42),
            delta: Some(RoomDelta { upserted, deleted }),
        })
    };
    let too_much = || {
        let (last_seq, delta) = (Seq(42), None);
        Ok(DeltaSince { last_seq, delta })
    };
    type ReadDelta = Box<dyn Fn() -> Result<DeltaSince, StoreError> + Send>;
    let reads: [ReadDelta; 3] = [
        Box::new(move || Err(away())),
        Box::new(too_much),
        Box::new(nothing),
    ];
    for result in reads {
        let mut mocks = publishing(Delete(1), Err(Seq(38)));
        let read = mocks.history.expect_delta_since().once();
        read.returning(move |_, _, _| result());
        let room = mocks.rooms.expect_room();
        room.withf(|_, read| *read == Read::Fresh)
            .returning(move |_, _| Err(away()));
        let backfill = mocks.broadcast.expect_backfill().once();
        backfill
            .with(eq(ROOM), eq(None), eq(Seq(41)))
            .return_const(());
        assert_succeeds(Delete(1), mocks);
    }
}
