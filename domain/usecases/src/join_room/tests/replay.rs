//! What a client that resumes gets of the events it missed.

use aftermatch_ports::{
    DeltaSince,
    model::{EventKind, Message, MessageId, RoomDelta},
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
    let missed = Missed::Events(vec![
        (Seq(39), EventKind::Created(message(39))),
        (Seq(40), deleted),
        (Seq(41), edited),
    ]);
    assert_eq!(result, (head(43), missed));
}

#[test]
fn resume_without_gap_gets_no_events() {
    let (upserted, deleted) = (vec![], vec![]);
    let result = resume_after_38(DeltaSince {
        head: Some(head(38)),
        delta: Some(RoomDelta { upserted, deleted }),
    });
    assert_eq!(result, (head(38), Missed::Events(vec![])));
}

#[test]
fn resume_beyond_replay_limit_gets_none() {
    // As many messages as are replayed at most, and a deletion, which makes one
    // event too many.
    let max = i64::try_from(MAX_REPLAY).unwrap();
    let upserted: Vec<_> = (39..39 + max).map(message).collect();
    let last = head(39 + max);
    let deleted = vec![(MessageId(7), last.last_seq)];
    let stored = |upserted: &[Message], deleted: &[(MessageId, Seq)]| DeltaSince {
        head: Some(last),
        delta: Some(RoomDelta {
            upserted: upserted.to_vec(),
            deleted: deleted.to_vec(),
        }),
    };
    let unreadable = DeltaSince {
        head: Some(last),
        delta: None,
    };
    for (stored, expected) in [
        (stored(&upserted, &[]), Some(MAX_REPLAY)),
        (stored(&upserted[1..], &deleted), Some(MAX_REPLAY)),
        (stored(&upserted, &deleted), None),
        (unreadable, None),
    ] {
        let (answered, missed) = resume_after_38(stored);
        assert_eq!(answered, last);
        let replayed = match missed {
            Missed::Events(events) => Some(events.len()),
            Missed::TooMuch => None,
            Missed::NotRequested => panic!("the client requested the events"),
        };
        assert_eq!(replayed, expected);
    }
}

#[test]
fn resume_in_same_log_gets_events_in_another_none() {
    let stored = || DeltaSince {
        head: Some(head(39)),
        delta: Some(RoomDelta {
            upserted: vec![message(39)],
            deleted: vec![],
        }),
    };
    let events = Missed::Events(vec![(Seq(39), EventKind::Created(message(39)))]);
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
