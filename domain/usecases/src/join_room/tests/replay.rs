//! What a client that resumes gets of the events it missed.

use aftermatch_ports::{
    DeltaSince, Replay, Rest,
    model::{Epoch, EventKind, Message, MessageId, RoomDelta, access::MAX_REPLAY},
};

use super::*;
use crate::testing::{EPOCH, message, text};

/// What Ann receives who has received the events of [`ROOM`] up to number 38.
/// `stored` is what the store has after that.
fn resume_after_38(stored: DeltaSince) -> (LogHead, Missed) {
    resume(stored, None)
}

/// The same for a client that knows the log as `epoch`.
fn resume(stored: DeltaSince, epoch: Option<&str>) -> (LogHead, Missed) {
    let mocks = Mocks::seated_in(None).at_second_10();
    let mut mocks = mocks.finding(Read::Fresh, &ann(), room());
    let head = stored.head.unwrap();
    let mut order = Sequence::new();
    let reserve = mocks.seats.expect_reserve().once();
    reserve.in_sequence(&mut order).return_const(());
    let read = mocks.history.expect_delta_since().once();
    read.in_sequence(&mut order)
        .with(eq(ROOM), eq(Seq(38)), eq(MAX_REPLAY))
        .returning(move |_, _, _| Ok(stored.clone()));
    let anchor = mocks.seats.expect_anchor();
    let anchor = anchor.with(eq(SESSION), eq(ROOM), eq(head));
    anchor.once().in_sequence(&mut order).return_const(true);
    expect_activate(&mut mocks, head.last_seq.0);
    activate(join(mocks, &ann(), Some(since(epoch))).unwrap())
}

fn whole(events: Vec<(Seq, EventKind)>) -> Missed {
    Missed::Events(Replay { events, rest: None })
}

/// Upserted messages, and where the delta goes on.
fn piece(upserted: Vec<Message>, next: Option<i64>) -> RoomDelta {
    RoomDelta {
        upserted,
        deleted: vec![],
        next: next.map(Seq),
    }
}

#[test]
fn resume_gets_missed_events_in_order() {
    let edited = Message {
        text: text("edited"),
        changed_seq: Seq(41),
        ..message(3)
    };
    let delta = RoomDelta {
        upserted: vec![edited, message(39)],
        deleted: vec![(MessageId(7), Seq(42)), (MessageId(8), Seq(40))],
        next: None,
    };
    let result = resume_after_38(DeltaSince {
        head: Some(head(43)),
        delta: Some(delta),
    });
    let edited = EventKind::Edited {
        id: message(3).id,
        text: text("edited"),
    };
    let deleted = EventKind::Deleted {
        ids: vec![MessageId(7), MessageId(8)],
        missing: vec![],
    };
    let missed = whole(vec![
        (Seq(39), EventKind::Created(message(39))),
        (Seq(40), deleted),
        (Seq(41), edited),
    ]);
    assert_eq!(result, (head(43), missed));
}

#[test]
fn resume_without_gap_gets_no_events() {
    let result = resume_after_38(DeltaSince {
        head: Some(head(38)),
        delta: Some(piece(vec![], None)),
    });
    assert_eq!(result, (head(38), whole(vec![])));
}

#[test]
fn resume_beyond_replay_limit_gets_none() {
    let result = resume_after_38(DeltaSince {
        head: Some(head(43)),
        delta: None,
    });
    assert_eq!(result, (head(43), Missed::TooMuch));
}

#[test]
fn resume_in_same_log_gets_events_in_another_none() {
    let stored = || DeltaSince {
        head: Some(head(39)),
        delta: Some(piece(vec![message(39)], None)),
    };
    let events = whole(vec![(Seq(39), EventKind::Created(message(39)))]);
    let same = EPOCH.to_string();
    for (epoch, expected) in [
        (None, events.clone()),
        (Some(same.as_str()), events),
        (Some("00000007-2"), Missed::TooMuch),
        (Some(""), Missed::TooMuch),
    ] {
        assert_eq!(resume(stored(), epoch), (head(39), expected));
    }
}

/// What follows of a replay that goes on at event 41, if the store reads `read`.
fn read_on(later: Vec<(Seq, EventKind)>, read: DeltaSince) -> Result<Replay, ChatError> {
    let mut mocks = Mocks::seated_in(None);
    let next = mocks.history.expect_next_delta().once();
    next.with(eq(ROOM), eq(Seq(38)), eq(Seq(41)..=Seq(43)))
        .returning(move |_, _, _| Ok(read.clone()));
    block_on(mocks.chat().replay_rest(rest(41, later)))
}

fn rest(next: i64, later: Vec<(Seq, EventKind)>) -> Rest {
    Rest {
        room: ROOM,
        since: Seq(38),
        next: Seq(next),
        head: head(43),
        later,
    }
}

#[test]
fn long_replay_is_read_in_pieces_with_deletion_in_its_place() {
    let created = |seq| (Seq(seq), EventKind::Created(message(seq)));
    let deletion = |seq| {
        let (ids, missing) = (vec![MessageId(7)], vec![]);
        (Seq(seq), EventKind::Deleted { ids, missing })
    };
    for (deleted, first, later) in [
        (40, vec![created(39), deletion(40)], vec![]),
        (42, vec![created(39)], vec![deletion(42)]),
    ] {
        let result = resume_after_38(DeltaSince {
            head: Some(head(43)),
            delta: Some(RoomDelta {
                deleted: vec![(MessageId(7), Seq(deleted))],
                ..piece(vec![message(39)], Some(41))
            }),
        });
        let replay = Replay {
            events: first,
            rest: Some(rest(41, later)),
        };
        assert_eq!(result, (head(43), Missed::Events(replay)));
    }
    for (deleted, next, events, later) in [
        (42, Some(43), vec![created(41), deletion(42)], vec![]),
        (43, Some(42), vec![created(41)], vec![deletion(43)]),
        (43, None, vec![created(41), deletion(43)], vec![]),
    ] {
        let read = DeltaSince {
            head: Some(head(50)),
            delta: Some(piece(vec![message(41)], next)),
        };
        let rest = next.map(|next| rest(next, later));
        let replay = read_on(vec![deletion(deleted)], read).unwrap();
        assert_eq!(replay, Replay { events, rest });
    }
}

#[test]
fn replay_ends_with_its_log() {
    let other = LogHead {
        epoch: Epoch {
            store: EPOCH.store + 1,
            ..EPOCH
        },
        ..head(43)
    };
    for head in [None, Some(other)] {
        let delta = head.map(|_| piece(vec![message(41)], None));
        let read = DeltaSince { head, delta };
        assert!(failure(read_on(vec![], read)).is_transient());
    }
}
