use bytes::{Buf, BytesMut};

use super::{
    Incoming,
    header::{Header, unmask},
};

/// A message that is taken in piece by piece: one in fragments, or a binary
/// one, of which nothing is kept.
#[derive(Debug)]
pub(super) struct Message {
    /// What came so far, unmasked. `None`: the message is binary.
    text: Option<Vec<u8>>,
    announced: usize,
    left: usize,
    last: bool,
    /// The mask, turned to the next byte.
    key: [u8; 4],
}

impl Message {
    pub(super) fn new(is_text: bool) -> Self {
        Self {
            text: is_text.then(Vec::new),
            announced: 0,
            left: 0,
            last: false,
            key: [0; 4],
        }
    }

    /// Payload bytes of all its frames so far, those still to come included.
    pub(super) fn announced(&self) -> usize {
        self.announced
    }

    /// Payload bytes still to come of the present frame.
    pub(super) fn left(&self) -> usize {
        self.left
    }

    /// Whether the present frame is its last.
    pub(super) fn is_last(&self) -> bool {
        self.last
    }

    /// The payload of its next frame follows.
    pub(super) fn begin_frame(&mut self, header: &Header) {
        self.announced += header.length;
        self.left = header.length;
        self.last = header.fin;
        self.key = header.key;
    }

    /// Takes what is there of the present frame's payload. `max` is the limit of
    /// the whole message.
    pub(super) fn take_from(&mut self, buffer: &mut BytesMut, max: usize) {
        let here = self.left.min(buffer.len());
        if let (Some(text), Some(piece)) = (&mut self.text, buffer.get_mut(..here)) {
            unmask(piece, self.key);
            self.key.rotate_left(here % 4);
            let length = text.len() + here;
            if text.capacity() < length {
                // Left to itself, a vector could grow to twice the limit.
                let capacity = (2 * text.len()).min(max).max(length);
                text.reserve_exact(capacity - text.len());
            }
            text.extend_from_slice(piece);
        }
        buffer.advance(here);
        self.left -= here;
    }
}

impl From<Message> for Incoming {
    fn from(message: Message) -> Self {
        match message.text {
            Some(text) => Self::Text(text.into()),
            None => Self::Binary,
        }
    }
}
