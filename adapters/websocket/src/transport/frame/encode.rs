//! Frames to send.

use bytes::{Buf, Bytes};

use super::opcode::{CLOSE, FIN, MAX_CONTROL, PING, PONG, TEXT};

/// The longest header of a frame without a mask.
const HEADER_ROOM: usize = 10;

/// A text frame in the making. The payload is written to its final place, with
/// room before it for the header, whose length depends on the payload's.
#[derive(Debug)]
pub(crate) struct TextFrame(Vec<u8>);

impl TextFrame {
    /// Begins a frame.
    pub(crate) fn new() -> Self {
        Self(vec![0; HEADER_ROOM])
    }

    /// The buffer to append the payload to, in UTF-8. It begins with the room for
    /// the header, which must not be removed.
    pub(crate) fn payload(&mut self) -> &mut Vec<u8> {
        &mut self.0
    }

    /// The whole frame. The payload is not copied.
    pub(crate) fn finish(mut self) -> Bytes {
        let first = FIN | TEXT;
        let length = self.0.len().saturating_sub(HEADER_ROOM);
        let [a, b, c, d, e, f, g, h] = (length as u64).to_be_bytes();
        let (header, unused) = match length {
            0..=125 => ([0, 0, 0, 0, 0, 0, 0, 0, first, h], 8),
            126..=0xFFFF => ([0, 0, 0, 0, 0, 0, first, 126, g, h], 6),
            _ => ([first, 127, a, b, c, d, e, f, g, h], 0),
        };
        if let Some(room) = self.0.first_chunk_mut() {
            *room = header;
        }
        let mut frame = Bytes::from(self.0);
        frame.advance(unused);
        frame
    }
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
