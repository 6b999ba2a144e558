//! Rooms whose log is not what was delivered.

use aftermatch_ports::model::Epoch;

use super::*;
use crate::testing::EPOCH;

/// [`unchanged`], but the log of [`ROOM`] goes this far.
fn with_log(log: LogHead) -> Snapshot {
    Snapshot { log, ..unchanged() }
}

#[test]
fn events_that_nobody_told_of_are_expected() {
    for now in [with_log(head(40)), unknown(with_log(head(40)))] {
        let reports = run_checks(vec![unchanged(), now]);
        assert_eq!(reports[1].expected, Some(head(40)));
        assert_eq!(reports[1].removals, []);
    }
}

#[test]
fn other_or_shorter_log_closes_the_room() {
    let epoch = |epoch| LogHead { epoch, ..head(50) };
    for (log, reason) in [
        (epoch(Epoch { store: 8, ..EPOCH }), Eviction::Restarted),
        (epoch(Epoch { room: 2, ..EPOCH }), Eviction::RoomRemoved),
        (head(37), Eviction::Restarted),
    ] {
        let reports = run_checks(vec![unchanged(), unknown(with_log(log))]);
        assert_eq!(reports[1].removals, [Closed(ROOM, reason)]);
        assert_eq!(reports[1].expected, None);
    }
}

#[test]
fn room_made_again_is_closed() {
    let remade = Room {
        epoch: Epoch { room: 2, ..EPOCH },
        ..changed(room())
    };
    let reports = run_checks(vec![unchanged(), with_room(remade)]);
    let closed = Closed(ROOM, Eviction::RoomRemoved);
    assert_eq!(reports[1].removals, [closed]);
}
