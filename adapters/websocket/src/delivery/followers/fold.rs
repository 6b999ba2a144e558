//! The newest state of a room, as it is known without reading it again: what was read last, and
//! the messages that were created directly after that.
//!
//! It is what the store has at its last event, its read position and its revision, whatever
//! happens: the events of a log do not change. The next event itself shows whether it follows
//! directly, and whether the room has changed. That a read position has moved shows in no event,
//! so the fold is forgotten then: invariant 6.

use std::time::Duration;

use aftermatch_ports::{
    ListedRoom, MAX_UNREAD, RoomState, Summary,
    model::{Epoch, EventKind, LogHead, Message, RoomEvent, RoomView, Seq, UserId},
};
use tokio::time::Instant;

/// How long a state is used after it was read: a process can end between a read position and its
/// signal.
const MAX_AGE: Duration = Duration::from_secs(60);

pub(super) struct Fold {
    epoch: Epoch,
    state: RoomState,
    unread: Option<u64>,
    read_at: Instant,
    /// The last event, until it is delivered.
    newest: Option<Box<(RoomView, Message)>>,
}

/// What an event is for the state of a room.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// It is in the state already.
    Old,
    /// The state is known with it.
    Next,
    /// The state with it is not known.
    Unknown,
}

impl Fold {
    pub(super) fn new(read: &Summary) -> Self {
        Self {
            epoch: read.listed.view.room.epoch,
            state: state(read),
            unread: read.listed.unread,
            read_at: Instant::now(),
            newest: None,
        }
    }

    pub(super) fn contains(&self, seq: Seq) -> bool {
        self.state.last_seq >= seq
    }

    /// Whether an event at `head` follows directly.
    pub(super) fn is_next(&self, head: LogHead) -> bool {
        let next = LogHead {
            epoch: self.epoch,
            last_seq: self.state.last_seq.next(),
        };
        head == next && self.read_at.elapsed() < MAX_AGE
    }

    /// Adds an event, if the state is known with it. `reader` is the one who reads the room.
    pub(super) fn step(&mut self, event: &RoomEvent, reader: Option<UserId>) -> Step {
        let head = LogHead {
            epoch: event.epoch,
            last_seq: event.seq,
        };
        if head.epoch == self.epoch && self.contains(head.last_seq) {
            return Step::Old;
        }
        let EventKind::Created(message) = &event.kind else {
            return Step::Unknown;
        };
        if !self.is_next(head) || event.room.room.revision != self.state.revision {
            return Step::Unknown;
        }
        self.state.last_seq = event.seq;
        // A message of the reader is not unread, and moves no read position.
        if reader != Some(message.author.id) {
            let one_more = |unread: u64| (unread + 1).min(MAX_UNREAD as u64);
            self.unread = self.unread.map(one_more);
        }
        self.newest = Some(Box::new((event.room.clone(), message.clone())));
        Step::Next
    }

    /// The state, if there is more in it than was delivered.
    pub(super) fn take(&mut self) -> Option<Summary> {
        let (view, message) = *self.newest.take()?;
        Some(Summary {
            listed: ListedRoom {
                view,
                last_seq: self.state.last_seq,
                unread: self.unread,
                read_seq: self.state.read_seq,
                last_message: Some(message),
            },
            read_positions: Vec::new(),
        })
    }
}

pub(super) fn state(of: &Summary) -> RoomState {
    RoomState {
        last_seq: of.listed.last_seq,
        read_seq: of.listed.read_seq,
        revision: of.listed.view.room.revision,
    }
}
