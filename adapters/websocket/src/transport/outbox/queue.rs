//! What waits in an outbox, in the order in which it is written.
//!
//! Invariants:
//! 1. Between the first and the last fragment of a message nothing else is written:
//!    events that come meanwhile wait behind it.
//! 2. Only events that have not begun to be written count against the limits. A
//!    response is there because the client asked for it, and the next request is read
//!    once it has been taken; a frame that has begun is on its way.

use std::{collections::VecDeque, io::IoSlice, mem};

use bytes::{Buf, Bytes};

/// The most frames that an empty queue has capacity for.
const SPARE_FRAMES: usize = 16;

#[derive(Default)]
pub(super) struct Queue {
    /// The first may be the rest of a frame that was written in part.
    frames: VecDeque<Frame>,
    /// Of `frames`.
    bytes: usize,
    /// Whether the first frame is such a rest.
    partial: bool,
    events: Events,
    /// While a message is sent in fragments: what follows it.
    behind: Option<Box<Behind>>,
}

struct Frame {
    bytes: Bytes,
    is_event: bool,
}

/// The events that count: invariant 2.
#[derive(Default)]
struct Events {
    frames: usize,
    bytes: usize,
}

#[derive(Default)]
struct Behind {
    events: Vec<Bytes>,
    bytes: usize,
}

impl Queue {
    pub(super) fn push_event(&mut self, event: Bytes) {
        self.events.frames += 1;
        self.events.bytes += event.len();
        match &mut self.behind {
            Some(behind) => {
                behind.bytes += event.len();
                behind.events.push(event);
            }
            None => self.push(event, true),
        }
    }

    pub(super) fn push_response(&mut self, response: Bytes) {
        self.push(response, false);
    }

    /// Adds a fragment that is not the last of its message.
    pub(super) fn push_fragment(&mut self, fragment: Bytes) {
        self.behind.get_or_insert_default();
        self.push(fragment, false);
    }

    /// Adds the last fragment, and what waited behind the message.
    pub(super) fn push_last_fragment(&mut self, fragment: Bytes) {
        self.push(fragment, false);
        let behind = self.behind.take();
        for event in behind.into_iter().flat_map(|behind| behind.events) {
            self.push(event, true);
        }
    }

    /// Adds the close frame. What waits behind an unfinished message can never be sent.
    pub(super) fn push_close(&mut self, close: Bytes) {
        self.forget_behind();
        self.push(close, false);
    }

    fn push(&mut self, bytes: Bytes, is_event: bool) {
        self.bytes += bytes.len();
        self.frames.push_back(Frame { bytes, is_event });
    }

    pub(super) fn is_empty(&self) -> bool {
        self.frames.is_empty()
    }

    /// Whether so many events, or so many bytes of them, wait.
    pub(super) fn has_events(&self, frames: usize, bytes: usize) -> bool {
        self.events.frames >= frames || self.events.bytes > bytes
    }

    /// The frames and bytes that can be written now.
    pub(super) fn size(&self) -> (usize, usize) {
        (self.frames.len(), self.bytes)
    }

    /// The frames and bytes of all that waits.
    pub(super) fn total(&self) -> (usize, usize) {
        let (frames, bytes) = self.size();
        match &self.behind {
            Some(behind) => (frames + behind.events.len(), bytes + behind.bytes),
            None => (frames, bytes),
        }
    }

    /// Fills `slices` with what is to be written next, and returns how many it filled.
    pub(super) fn fill<'a>(&'a self, slices: &mut [IoSlice<'a>]) -> usize {
        let filled = slices.iter_mut().zip(&self.frames);
        filled
            .map(|(slice, frame)| *slice = IoSlice::new(&frame.bytes))
            .count()
    }

    /// Removes what was written, and returns how many frames were completed.
    pub(super) fn written(&mut self, bytes: usize) -> u64 {
        let mut frames = 0;
        self.bytes -= bytes;
        let mut left = bytes;
        while let Some(first) = self.frames.front_mut() {
            if left == 0 && !first.bytes.is_empty() {
                break;
            }
            if mem::take(&mut first.is_event) {
                self.events.frames -= 1;
                self.events.bytes -= first.bytes.len();
            }
            if left < first.bytes.len() {
                first.bytes.advance(left);
                self.partial = true;
                return frames;
            }
            left -= first.bytes.len();
            self.frames.pop_front();
            self.partial = false;
            frames += 1;
        }
        if self.frames.capacity() > SPARE_FRAMES {
            self.frames.shrink_to(SPARE_FRAMES);
        }
        frames
    }

    /// Drops what waits, except a frame whose beginning was written, if the rest of it
    /// can still be.
    pub(super) fn clear(&mut self, can_be_written: bool) {
        self.forget_behind();
        self.partial &= can_be_written;
        self.frames.truncate(usize::from(self.partial));
        self.frames.shrink_to_fit();
        self.bytes = self.frames.iter().map(|frame| frame.bytes.len()).sum();
        self.events = Events::default();
    }

    fn forget_behind(&mut self) {
        if let Some(behind) = &mut self.behind {
            self.events.frames -= behind.events.len();
            self.events.bytes -= behind.bytes;
            **behind = Behind::default();
        }
    }
}

#[cfg(test)]
impl Queue {
    pub(super) fn is_partial(&self) -> bool {
        self.partial
    }

    pub(super) fn take_all(&mut self) -> Vec<Bytes> {
        let all = mem::take(self).frames.into_iter();
        all.map(|frame| frame.bytes).collect()
    }
}
