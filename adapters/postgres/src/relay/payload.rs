//! The text of a notification: lines. `<room> <json>` is an event, and these are of
//! processes:
//!
//! | line | says |
//! |---|---|
//! | `hello` | I have connected: send me your events |
//! | `confirm <server process>` | I do, to the process with this listening connection |
//! | `want <room> …`, `unwant <room> …` | I want the events of these rooms, or no longer |
//! | `listed` | these are all that I want |

use std::{collections::HashSet, fmt::Write};

use aftermatch_ports::{RemoteEvent, model::RoomId};

use super::remote_event;

/// Postgres refuses a payload of 8,000 bytes.
pub(super) const MAX_PAYLOAD_BYTES: usize = 7_999;

/// The most rooms in a line: it fits into a payload, however long their ids are.
const MAX_ROOMS: usize = 350;

pub(super) const HELLO: &str = "hello\n";
pub(super) const LISTED: &str = "listed\n";
pub(super) const WANT: &str = "want";
pub(super) const UNWANT: &str = "unwant";

/// What another process says.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Line<'a> {
    Hello,
    Confirm(u32),
    Want(Vec<RoomId>),
    Unwant(Vec<RoomId>),
    Listed,
    /// It committed an event, which [`remote_event`] reads.
    Event(RoomId, &'a str),
}

pub(super) fn confirm(other: u32) -> String {
    format!("confirm {other}\n")
}

/// Lines with all these rooms.
pub(super) fn rooms(verb: &str, rooms: &HashSet<RoomId>) -> Vec<String> {
    let rooms: Vec<_> = rooms.iter().collect();
    let lines = rooms.chunks(MAX_ROOMS).map(|rooms| {
        let mut line = verb.to_owned();
        for room in rooms {
            // Text has no reason to be refused.
            let _ = write!(line, " {room}");
        }
        line + "\n"
    });
    lines.collect()
}

/// The event, without its content if that does not fit.
pub(super) fn event(event: &RemoteEvent) -> Option<String> {
    let line = |with_content| {
        let json = remote_event::to_json(event, with_content)?;
        Some(format!("{} {json}\n", event.room))
    };
    let whole = line(true).filter(|line| line.len() <= MAX_PAYLOAD_BYTES);
    whole.or_else(|| line(false))
}

/// The lines of a payload. Skips those that it does not understand: another version
/// of this program may have sent them.
pub(super) fn decode(payload: &str) -> impl Iterator<Item = Line<'_>> {
    payload
        .lines()
        .filter_map(|line| match line.split_once(' ') {
            None if line == HELLO.trim_end() => Some(Line::Hello),
            None if line == LISTED.trim_end() => Some(Line::Listed),
            None => None,
            Some(("confirm", other)) => other.parse().ok().map(Line::Confirm),
            Some((WANT, rooms)) => Some(Line::Want(room_ids(rooms))),
            Some((UNWANT, rooms)) => Some(Line::Unwant(room_ids(rooms))),
            Some((room, json)) => Some(Line::Event(RoomId(room.parse().ok()?), json)),
        })
}

fn room_ids(rooms: &str) -> Vec<RoomId> {
    let ids = rooms.split(' ').filter_map(|room| room.parse().ok());
    ids.map(RoomId).collect()
}

#[cfg(test)]
mod tests;
