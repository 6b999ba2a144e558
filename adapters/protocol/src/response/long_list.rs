use std::mem;

use super::envelope::Frame;

/// A response with a list of `results`, written item by item. So a long one is never in memory
/// as a whole, and delays other connections for no longer than its longest item takes. That
/// is 1.6 MB for a deletion, [`AuditList`](super::AuditList); others are single messages.
#[derive(Debug)]
pub(super) struct LongList {
    /// What comes before the items.
    head: Vec<u8>,
    /// What comes after them.
    tail: Vec<u8>,
    started: bool,
}

impl LongList {
    /// `empty`: the response without items.
    pub(super) fn new(empty: &impl Frame) -> Self {
        let (head, tail) = split(empty);
        Self {
            head,
            tail,
            started: false,
        }
    }

    pub(super) fn add(&mut self, out: &mut Vec<u8>, item: &impl Frame) {
        if self.started {
            out.push(b',');
        }
        self.start(out);
        item.write(out);
    }

    /// Ends the list.
    pub(super) fn finish(mut self, out: &mut Vec<u8>) {
        self.start(out);
        out.extend_from_slice(&self.tail);
    }

    /// Ends the list as `empty` ends.
    pub(super) fn finish_as(self, out: &mut Vec<u8>, empty: &impl Frame) {
        let (_, tail) = split(empty);
        Self { tail, ..self }.finish(out);
    }

    fn start(&mut self, out: &mut Vec<u8>) {
        if !mem::replace(&mut self.started, true) {
            out.extend_from_slice(&self.head);
        }
    }
}

/// What comes before the items of a response, and what comes after.
fn split(empty: &impl Frame) -> (Vec<u8>, Vec<u8>) {
    const LIST: &[u8] = b"\"results\":[";
    let mut head = empty.to_vec();
    let list = head.windows(LIST.len()).position(|bytes| bytes == LIST);
    let tail = head.split_off(list.map_or(head.len(), |at| at + LIST.len()));
    (head, tail)
}
