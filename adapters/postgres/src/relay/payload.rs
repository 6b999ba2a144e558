//! The text of a notification: lines. `hello` and `confirm <server process>` are of
//! processes, `<room> <json>` is an event.

use std::{collections::BTreeSet, mem};

use aftermatch_ports::{RemoteEvent, model::RoomId};

use super::remote_event;

/// Postgres refuses a payload of 8,000 bytes.
const MAX_PAYLOAD_BYTES: usize = 7_999;

pub(super) const HELLO: &str = "hello\n";

/// What another process says.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Line {
    /// It has connected, and asks the others to send their events.
    Hello,
    /// It sends its events to the process with this listening connection.
    Confirm(u32),
    /// It committed an event.
    Event(RemoteEvent),
}

/// Packs what waits into as few payloads as possible.
pub(super) fn encode(confirmations: &BTreeSet<u32>, events: &[RemoteEvent]) -> Vec<String> {
    let mut payloads = Vec::new();
    let mut payload = String::new();
    let mut add = |line: &str| {
        if payload.len() + line.len() > MAX_PAYLOAD_BYTES {
            payloads.push(mem::take(&mut payload));
        }
        payload.push_str(line);
    };
    for other in confirmations {
        add(&format!("confirm {other}\n"));
    }
    for event in events {
        if let Some(line) = line(event) {
            add(&line);
        }
    }
    if !payload.is_empty() {
        payloads.push(payload);
    }
    payloads
}

/// The event, without its content if that does not fit.
fn line(event: &RemoteEvent) -> Option<String> {
    let line = |with_content| {
        let json = remote_event::to_json(event, with_content)?;
        Some(format!("{} {json}\n", event.room))
    };
    let whole = line(true).filter(|line| line.len() <= MAX_PAYLOAD_BYTES);
    whole.or_else(|| line(false))
}

/// The lines of a payload. Skips those that it does not understand: another version
/// of this program may have sent them.
pub(super) fn decode(payload: &str) -> impl Iterator<Item = Line> {
    payload.lines().filter_map(|line| {
        if line == HELLO.trim_end() {
            return Some(Line::Hello);
        }
        match line.split_once(' ')? {
            ("confirm", other) => other.parse().ok().map(Line::Confirm),
            (room, json) => {
                let room = RoomId(room.parse().ok()?);
                remote_event::from_json(room, json).map(Line::Event)
            }
        }
    })
}

#[cfg(test)]
mod tests;
