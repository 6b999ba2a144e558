//! Messages that are collected piece by piece.

use std::mem;

use bytes::{Buf, BytesMut};

use super::{
    header::{Header, unmask},
    incoming::{Incoming, Violation},
    inflate::inflate,
    opcode::TEXT,
};

/// A message in fragments, or a binary one, whose payload is dropped.
#[derive(Debug)]
pub(super) struct Message {
    /// The payload so far, unmasked. `None`: the message is binary.
    text: Option<Vec<u8>>,
    compressed: bool,
    announced: usize,
    left: usize,
    /// Whether the current frame has not been reported as complete.
    in_frame: bool,
    last: bool,
    /// The mask, rotated to the next byte.
    key: [u8; 4],
}

impl Message {
    /// `first`: the header of its first frame.
    pub(super) fn new(first: &Header) -> Self {
        Self {
            text: (first.opcode == TEXT).then(Vec::new),
            compressed: first.compressed,
            announced: 0,
            left: 0,
            in_frame: false,
            last: false,
            key: [0; 4],
        }
    }

    /// Payload bytes announced by the headers of its frames so far.
    pub(super) fn announced(&self) -> usize {
        self.announced
    }

    /// Payload bytes of the current frame that have not been read.
    pub(super) fn left(&self) -> usize {
        self.left
    }

    /// Whether the current frame is its last.
    pub(super) fn is_last(&self) -> bool {
        self.last
    }

    /// Payload bytes that are held.
    pub(super) fn collected(&self) -> usize {
        self.text.as_ref().map_or(0, Vec::capacity)
    }

    /// Whether the current frame has just been completed.
    pub(super) fn end_frame(&mut self) -> bool {
        mem::take(&mut self.in_frame)
    }

    /// Begins its next frame.
    pub(super) fn begin_frame(&mut self, header: &Header) {
        self.announced += header.length;
        self.left = header.length;
        self.in_frame = true;
        self.last = header.fin;
        self.key = header.key;
    }

    /// Takes what `buffer` has of the current frame's payload. `max` is the limit
    /// of the whole message.
    pub(super) fn take_from(&mut self, buffer: &mut BytesMut, max: usize) {
        let length = self.left.min(buffer.len());
        if let (Some(text), Some(piece)) = (&mut self.text, buffer.get_mut(..length)) {
            unmask(piece, self.key);
            self.key.rotate_left(length % 4);
            let total = text.len() + length;
            if text.capacity() < total {
                // By itself, a vector could grow to twice the limit.
                let capacity = (2 * text.len()).min(max).max(total);
                text.reserve_exact(capacity - text.len());
            }
            text.extend_from_slice(piece);
        }
        buffer.advance(length);
        self.left -= length;
    }

    /// What came, once its last frame is complete. `max` is the limit of the text.
    pub(super) fn finish(self, max: usize) -> Result<Incoming, Violation> {
        match self.text {
            Some(text) if self.compressed => inflate(&text, max).map(Incoming::Text),
            Some(text) => Ok(Incoming::Text(text.into())),
            None => Ok(Incoming::Binary),
        }
    }
}
