//! What processes say to each other: lines of text. `<room> <json>` is an event, and these
//! are of processes:
//!
//! | line | says |
//! |---|---|
//! | `from <process>` | these lines are mine, where a relay does not say whose they are |
//! | `hello` | I have connected: send me your events |
//! | `confirm <server process>` | I do, to the process with this listening connection |
//! | `want <room> …` | I want the events of these rooms at once |
//! | `want soon <room> …` | I want them, and they may gather for a moment |
//! | `unwant <room> …` | I no longer want them |
//! | `want all`, `unwant all` | I want the events of every room, soon, or only of those that I named |
//! | `want-reads <user> …`, `unwant-reads <user> …` | I want to know how far these users read, or no longer |
//! | `listed` | these are all that I want; over NATS: all brands that are online follow |
//! | `watch`, `unwatch` | I want to know which brands have connections at you, or no longer |
//! | `online <brand> …`, `offline <brand> …` | these have some, or none any more |
//! | `typing <room> <user> <0 or 1>` | the user is typing, or no longer |
//! | `read <room> <user> <seq> <shown>` | the user has read up to there; others are shown the second number, unless that is 0 |
//! | `own-read <room> <user> <seq>` | the same for the user's own connections |

use std::{
    collections::HashSet,
    fmt::{Display, Write},
};

use aftermatch_ports::{
    RemoteEvent, Signal, Urgency,
    model::{BrandId, RoomId, Seq, UserId},
};

use crate::remote_event;

/// The most ids in a line: it fits into 8,000 bytes, however long they are.
const MAX_IDS: usize = 350;

/// I have connected.
pub const HELLO: &str = "hello\n";
/// These are all that I want. Over NATS: all brands that are online follow.
pub const LISTED: &str = "listed\n";
/// Before rooms that are wanted at once, or by a relay that knows no urgency.
pub const WANT: &str = "want";
/// Before rooms that are wanted soon. A program that does not know the second word skips it, and
/// sends at once.
pub const WANT_SOON: &str = "want soon";
/// Before rooms that are no longer wanted.
pub const UNWANT: &str = "unwant";
/// Before users whose read positions are wanted.
pub const WANT_READS: &str = "want-reads";
/// Before users whose read positions are no longer wanted.
pub const UNWANT_READS: &str = "unwant-reads";
/// I want to know which brands are online at you.
pub const WATCH: &str = "watch\n";
/// No longer.
pub const UNWATCH: &str = "unwatch\n";
/// Before brands that have connections.
pub const ONLINE: &str = "online";
/// Before brands that have none any more.
pub const OFFLINE: &str = "offline";
const FROM: &str = "from";
const TYPING: &str = "typing";
const READ: &str = "read";
const OWN_READ: &str = "own-read";
/// In place of rooms. A program that does not know it reads no room.
const ALL: &str = "all";

/// What another process says.
#[derive(Debug, PartialEq, Eq)]
pub enum Line<'a> {
    /// It has sent these lines.
    From(u64),
    /// It has connected.
    Hello,
    /// It sends its events to this one.
    Confirm(u32),
    /// It wants the events of these rooms.
    Want(Urgency, Vec<RoomId>),
    /// It no longer wants them.
    Unwant(Vec<RoomId>),
    /// Whether it wants the events of every room.
    WantAll(bool),
    /// It wants to know how far these users read.
    WantReads(Vec<UserId>),
    /// It no longer wants to know that.
    UnwantReads(Vec<UserId>),
    /// Whether it wants to know which brands are online.
    Watch(bool),
    /// Brands that have connections there, or none any more.
    Online(Vec<BrandId>, bool),
    /// Something that is in no log.
    Signal(Signal),
    /// It has said all that it wants. Over NATS: all brands that are online there follow.
    Listed,
    /// It committed an event, which [`from_json`](crate::from_json) reads.
    Event(RoomId, &'a str),
}

/// The events of this process are sent to the other one.
#[must_use]
pub fn confirm(other: u32) -> String {
    format!("confirm {other}\n")
}

/// The process that has sent these lines.
#[must_use]
pub fn from(process: u64) -> String {
    format!("{FROM} {process}\n")
}

/// Whether the events of every room are wanted.
#[must_use]
pub fn all(wanted: bool) -> String {
    let verb = if wanted { WANT } else { UNWANT };
    format!("{verb} {ALL}\n")
}

/// Lines with all these rooms, users or brands.
#[must_use]
pub fn ids<K: Display>(verb: &str, ids: &HashSet<K>) -> Vec<String> {
    let ids: Vec<_> = ids.iter().collect();
    let lines = ids.chunks(MAX_IDS).map(|ids| {
        let mut line = verb.to_owned();
        for id in ids {
            // Text has no reason to be refused.
            let _ = write!(line, " {id}");
        }
        line + "\n"
    });
    lines.collect()
}

/// A signal of a room or a user. `None`: those of brands have lines of their own.
#[must_use]
pub fn signal(signal: Signal) -> Option<String> {
    match signal {
        Signal::Typing {
            room,
            user,
            is_typing,
        } => Some(format!("{TYPING} {room} {user} {}\n", u8::from(is_typing))),
        Signal::Read {
            room,
            user,
            seq,
            shown,
        } => Some(format!(
            "{READ} {room} {user} {seq} {}\n",
            shown.unwrap_or(Seq::ZERO)
        )),
        Signal::OwnRead { room, user, seq } => Some(format!("{OWN_READ} {room} {user} {seq}\n")),
        Signal::Presence { .. } => None,
    }
}

/// The event, without its content if the line would be longer than `max_bytes`. `None`: it
/// has a time beyond what can be stored.
#[must_use]
pub fn event(event: &RemoteEvent, max_bytes: usize) -> Option<String> {
    let line = |with_content| {
        let json = remote_event::to_json(event, with_content)?;
        Some(format!("{} {json}\n", event.room))
    };
    let whole = line(true).filter(|line| line.len() <= max_bytes);
    whole.or_else(|| line(false))
}

/// The lines of a payload. Skips those that it does not understand: another version
/// of this program may have sent them.
pub fn decode(payload: &str) -> impl Iterator<Item = Line<'_>> {
    payload
        .lines()
        .filter_map(|line| match line.split_once(' ') {
            None if line == HELLO.trim_end() => Some(Line::Hello),
            None if line == LISTED.trim_end() => Some(Line::Listed),
            None if line == WATCH.trim_end() => Some(Line::Watch(true)),
            None if line == UNWATCH.trim_end() => Some(Line::Watch(false)),
            None => None,
            Some((FROM, process)) => process.parse().ok().map(Line::From),
            Some(("confirm", other)) => other.parse().ok().map(Line::Confirm),
            Some((WANT, ALL)) => Some(Line::WantAll(true)),
            Some((UNWANT, ALL)) => Some(Line::WantAll(false)),
            Some((WANT, rooms)) => Some(read_want(line, rooms)),
            Some((UNWANT, rooms)) => Some(Line::Unwant(read_ids(rooms, RoomId))),
            Some((WANT_READS, users)) => Some(Line::WantReads(read_ids(users, UserId))),
            Some((UNWANT_READS, users)) => Some(Line::UnwantReads(read_ids(users, UserId))),
            Some((ONLINE, brands)) => Some(Line::Online(read_ids(brands, BrandId), true)),
            Some((OFFLINE, brands)) => Some(Line::Online(read_ids(brands, BrandId), false)),
            Some((TYPING, numbers)) => read_typing(numbers).map(Line::Signal),
            Some((READ, numbers)) => read_read(numbers).map(Line::Signal),
            Some((OWN_READ, numbers)) => read_own(numbers).map(Line::Signal),
            Some((room, json)) => Some(Line::Event(RoomId(room.parse().ok()?), json)),
        })
}

fn read_want<'a>(line: &str, rooms: &str) -> Line<'a> {
    let soon = line.strip_prefix(WANT_SOON);
    match soon.and_then(|rooms| rooms.strip_prefix(' ')) {
        Some(rooms) => Line::Want(Urgency::Soon, read_ids(rooms, RoomId)),
        None => Line::Want(Urgency::AtOnce, read_ids(rooms, RoomId)),
    }
}

fn read_ids<K>(ids: &str, id: fn(i64) -> K) -> Vec<K> {
    let ids = ids.split(' ').filter_map(|id| id.parse().ok());
    ids.map(id).collect()
}

fn read_typing(numbers: &str) -> Option<Signal> {
    let [room, user, is_typing] = read_ids(numbers, |number| number).try_into().ok()?;
    Some(Signal::Typing {
        room: RoomId(room),
        user: UserId(user),
        is_typing: is_typing != 0,
    })
}

fn read_read(numbers: &str) -> Option<Signal> {
    let [room, user, seq, shown] = read_ids(numbers, |number| number).try_into().ok()?;
    Some(Signal::Read {
        room: RoomId(room),
        user: UserId(user),
        seq: Seq(seq),
        shown: (shown != 0).then_some(Seq(shown)),
    })
}

fn read_own(numbers: &str) -> Option<Signal> {
    let [room, user, seq] = read_ids(numbers, |number| number).try_into().ok()?;
    Some(Signal::OwnRead {
        room: RoomId(room),
        user: UserId(user),
        seq: Seq(seq),
    })
}
