use bytes::{Buf, Bytes};

use super::{
    FIN, MAX_CONTROL,
    opcode::{CLOSE, PING, PONG, TEXT},
};

/// The most bytes that may stand before a payload that is not masked.
const HEADER_ROOM: usize = 10;

/// A text frame that is being written: the payload goes to its final place at
/// once, and the header before it when its length is known.
#[derive(Debug)]
pub(crate) struct TextFrame(Vec<u8>);

impl TextFrame {
    /// Begins a frame.
    pub(crate) fn new() -> Self {
        Self(vec![0; HEADER_ROOM])
    }

    /// Where the payload, which has to be UTF-8, is to be appended. What stands
    /// there already is room for the header, and has to stay.
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

/// A ping frame. A client has to answer it.
pub(crate) fn ping() -> Bytes {
    Bytes::from_static(&[FIN | PING, 0])
}

/// A pong frame, for a ping with this payload.
pub(crate) fn pong(payload: &[u8]) -> Bytes {
    control(PONG, payload)
}

/// A close frame. The reason is cut to the 123 bytes there is room for.
pub(crate) fn close(code: u16, reason: &str) -> Bytes {
    let (reason, _) = reason.split_at(reason.floor_char_boundary(MAX_CONTROL - 2));
    control(CLOSE, &[&code.to_be_bytes(), reason.as_bytes()].concat())
}

/// A control frame. Of a payload that is too long, what there is room for.
fn control(opcode: u8, payload: &[u8]) -> Bytes {
    let payload = payload.get(..MAX_CONTROL).unwrap_or(payload);
    [&[FIN | opcode, payload.len() as u8], payload]
        .concat()
        .into()
}
