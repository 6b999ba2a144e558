use std::{collections::BTreeMap, mem};

use aftermatch_ports::model::{EventKind, RoomEvent, Seq};
use tokio::sync::oneshot;

/// How many events may wait in one room that no request here waits for. (The others are
/// bounded by the requests.)
pub(super) const MAX_EVENTS: usize = 1_000;

/// How many bytes of text they may have.
pub(super) const MAX_BYTES: usize = 4 << 20;

/// Events that came before their turn.
#[derive(Default)]
pub(super) struct Pending {
    events: BTreeMap<Seq, Waiting>,
    /// Events that no task waits for, and about how many bytes they take.
    unrequested: usize,
    bytes: usize,
}

/// An event that waits for its turn.
pub(super) struct Waiting {
    pub(super) event: RoomEvent,
    /// Dropped when the requester was answered. `None`: no task waits for that.
    pub(super) turn: Option<oneshot::Sender<()>>,
}

impl Pending {
    pub(super) fn is_empty(&self) -> bool {
        self.events.is_empty()
    }

    /// Whether more waits than may be held in memory.
    pub(super) fn is_too_much(&self) -> bool {
        self.unrequested > MAX_EVENTS || self.bytes > MAX_BYTES
    }

    /// Adds an event of this process. Returns what was there under its number.
    pub(super) fn put(&mut self, waiting: Waiting) -> Option<Waiting> {
        self.count(&waiting);
        let replaced = self.events.insert(waiting.event.seq, waiting);
        if let Some(replaced) = &replaced {
            self.discount(replaced);
        }
        replaced
    }

    /// Adds an event that nobody here requested, unless its number is there: this
    /// process may know more of it.
    pub(super) fn put_if_absent(&mut self, event: RoomEvent) {
        if !self.events.contains_key(&event.seq) {
            self.put(Waiting { event, turn: None });
        }
    }

    /// Takes the first event out if its number is at most `next`.
    pub(super) fn take_due(&mut self, next: Seq) -> Option<Waiting> {
        let first = self.events.first_entry();
        let due = first.filter(|first| *first.key() <= next)?.remove();
        self.discount(&due);
        Some(due)
    }

    fn count(&mut self, waiting: &Waiting) {
        if waiting.turn.is_none() {
            self.unrequested += 1;
            self.bytes += size(&waiting.event);
        }
    }

    fn discount(&mut self, waiting: &Waiting) {
        if waiting.turn.is_none() {
            self.unrequested -= 1;
            self.bytes -= size(&waiting.event);
        }
    }

    /// Takes everything out that `remains` does not hold for.
    pub(super) fn take_unless(&mut self, remains: impl Fn(&RoomEvent) -> bool) -> Vec<Waiting> {
        let all = mem::take(self);
        let mut taken = Vec::new();
        for waiting in all.events.into_values() {
            if remains(&waiting.event) {
                self.put(waiting);
            } else {
                taken.push(waiting);
            }
        }
        taken
    }
}

/// About how many bytes an event takes.
fn size(event: &RoomEvent) -> usize {
    let contents = match &event.kind {
        EventKind::Created(message) => message.bytes(),
        EventKind::Edited { text, .. } => text.as_str().len(),
        EventKind::Deleted { ids, missing } => 8 * (ids.len() + missing.len()),
    };
    contents + event.request_id.as_str().map_or(0, str::len)
}
