//! Frames to send.

use std::mem;

use bytes::{Buf, Bytes};

use super::{
    deflate::{bound, deflate, deflate_last},
    opcode::{CLOSE, COMPRESSED, CONTINUATION, FIN, MAX_CONTROL, PING, PONG, TEXT},
};

/// The longest header of a frame without a mask.
const HEADER_ROOM: usize = 10;

/// A text message in the making. The payload is written to its final place, with
/// room before it for the header, whose length depends on the payload's.
#[derive(Debug)]
pub(crate) struct TextFrame {
    bytes: Vec<u8>,
    /// Of the next frame: the first one of a message, or one that continues it.
    opcode: u8,
}

impl TextFrame {
    /// Begins a message.
    pub(crate) fn new() -> Self {
        Self {
            bytes: vec![0; HEADER_ROOM],
            opcode: TEXT,
        }
    }

    /// The buffer to append the payload to, in UTF-8. It begins with the room for
    /// the header, which must not be removed.
    pub(crate) fn payload(&mut self) -> &mut Vec<u8> {
        &mut self.bytes
    }

    /// What was written so far, as a frame that others will follow.
    pub(crate) fn fragment(&mut self) -> Bytes {
        let (opcode, bytes) = self.take();
        with_header(opcode, bytes)
    }

    /// The same of a compressed message. `None`: it cannot be deflated.
    pub(crate) fn deflated_fragment(&mut self) -> Option<Bytes> {
        let (opcode, bytes) = self.take();
        let bits = if opcode == TEXT { COMPRESSED } else { 0 };
        let payload = bytes.get(HEADER_ROOM..).unwrap_or_default();
        let mut deflated = room_for(bound(payload.len()));
        deflate(payload, &mut deflated).then(|| shrunk(bits | opcode, deflated))
    }

    /// The last fragment of a compressed message. `None`: it cannot be deflated.
    pub(crate) fn deflated_finish(self) -> Option<Bytes> {
        let payload = self.bytes.get(HEADER_ROOM..).unwrap_or_default();
        let mut deflated = room_for(bound(payload.len()));
        deflate_last(payload, &mut deflated).then(|| shrunk(FIN | self.opcode, deflated))
    }

    fn take(&mut self) -> (u8, Vec<u8>) {
        (
            mem::replace(&mut self.opcode, CONTINUATION),
            mem::replace(&mut self.bytes, vec![0; HEADER_ROOM]),
        )
    }

    /// The last frame, as a rule the only one. The payload is not copied.
    pub(crate) fn finish(self) -> Bytes {
        with_header(FIN | self.opcode, self.bytes)
    }
}

/// The text message in `frame`, compressed. `None`: it would not be smaller.
pub(crate) fn deflated(frame: &[u8]) -> Option<Bytes> {
    let payload = payload(frame);
    let mut deflated = room_for(payload.len());
    deflate_last(payload, &mut deflated).then(|| shrunk(FIN | COMPRESSED | TEXT, deflated))
}

/// The payload of a frame without a mask.
pub(crate) fn payload(frame: &[u8]) -> &[u8] {
    let header = match frame {
        [_, 126, ..] => 4,
        [_, 127, ..] => HEADER_ROOM,
        _ => 2,
    };
    frame.get(header..).unwrap_or_default()
}

/// A frame in the making, for so many bytes of payload.
fn room_for(payload: usize) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(HEADER_ROOM + payload);
    bytes.resize(HEADER_ROOM, 0);
    bytes
}

/// The frame without the capacity that it did not need: it may wait for slow readers.
fn shrunk(first: u8, mut bytes: Vec<u8>) -> Bytes {
    bytes.shrink_to_fit();
    with_header(first, bytes)
}

/// Writes the header of a frame into the room before its payload.
fn with_header(first: u8, mut bytes: Vec<u8>) -> Bytes {
    let length = bytes.len().saturating_sub(HEADER_ROOM);
    let [a, b, c, d, e, f, g, h] = (length as u64).to_be_bytes();
    let (header, unused) = match length {
        0..=125 => ([0, 0, 0, 0, 0, 0, 0, 0, first, h], 8),
        126..=0xFFFF => ([0, 0, 0, 0, 0, 0, first, 126, g, h], 6),
        _ => ([first, 127, a, b, c, d, e, f, g, h], 0),
    };
    if let Some(room) = bytes.first_chunk_mut() {
        *room = header;
    }
    let mut frame = Bytes::from(bytes);
    frame.advance(unused);
    frame
}

/// A ping frame. The client has to answer it.
pub(crate) fn ping() -> Bytes {
    Bytes::from_static(&[FIN | PING, 0])
}

/// A pong frame, for a ping with this payload.
pub(crate) fn pong(payload: &[u8]) -> Bytes {
    control(PONG, payload)
}

/// A close frame. The reason is cut to 123 bytes.
pub(crate) fn close(code: u16, reason: &str) -> Bytes {
    let (reason, _) = reason.split_at(reason.floor_char_boundary(MAX_CONTROL - 2));
    control(CLOSE, &[&code.to_be_bytes(), reason.as_bytes()].concat())
}

/// A control frame. The payload is cut to 125 bytes.
fn control(opcode: u8, payload: &[u8]) -> Bytes {
    let payload = payload.get(..MAX_CONTROL).unwrap_or(payload);
    [&[FIN | opcode, payload.len() as u8], payload]
        .concat()
        .into()
}
