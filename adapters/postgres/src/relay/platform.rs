//! What the platform's transactions notify, by triggers and by the functions of
//! `migrations/0012_platform_writes.sql`.

use aftermatch_ports::{
    RemoteEvent,
    model::{Epoch, RoomId, Seq},
};

/// The payload of a notification of an import, whose changes have no new numbers.
const EVERYTHING: &str = "everything";

/// What has changed.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Change {
    /// The logs of rooms, which go this far: lines of `<room> <epoch> <seq>`.
    Written(Vec<RemoteEvent>),
    /// Something that no number shows.
    Everything,
    /// Something that the next recheck finds: a trigger notifies without a payload, a newer
    /// program perhaps with one that this one does not know.
    Something,
}

/// `store`: that of the connection which was notified. The sender is in the same database.
pub(super) fn decode(payload: &str, store: u32) -> Change {
    if payload == EVERYTHING {
        return Change::Everything;
    }
    let lines: Option<Vec<_>> = payload.lines().map(|line| written(line, store)).collect();
    match lines.filter(|lines| !lines.is_empty()) {
        Some(events) => Change::Written(events),
        None => Change::Something,
    }
}

fn written(line: &str, store: u32) -> Option<RemoteEvent> {
    let numbers: Result<Vec<i64>, _> = line.split(' ').map(str::parse).collect();
    let [id, room, seq] = numbers.ok()?.try_into().ok()?;
    Some(RemoteEvent {
        room: RoomId(id),
        epoch: Epoch { store, room },
        seq: Seq(seq),
        content: None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(id: i64, room: i64, seq: i64) -> RemoteEvent {
        RemoteEvent {
            room: RoomId(id),
            epoch: Epoch { store: 7, room },
            seq: Seq(seq),
            content: None,
        }
    }

    #[test]
    fn payload_says_what_changed() {
        let written = Change::Written;
        for (payload, expected) in [
            ("5 4 17", written(vec![event(5, 4, 17)])),
            (
                "5 4 17\n-6 0 1",
                written(vec![event(5, 4, 17), event(-6, 0, 1)]),
            ),
            ("everything", Change::Everything),
            ("", Change::Something),
            ("5 4", Change::Something),
            ("5 4 17 1", Change::Something),
            ("5 4 17\nand more", Change::Something),
        ] {
            assert_eq!(decode(payload, 7), expected, "{payload:?}");
        }
    }
}
