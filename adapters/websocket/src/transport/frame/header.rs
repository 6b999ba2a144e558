//! The header of a client's frame.

use super::{
    incoming::Violation,
    opcode::{BINARY, CLOSE, COMPRESSED, CONTINUATION, FIN, MAX_CONTROL, PING, PONG, TEXT},
};

const RESERVED: u8 = 0x30;
const OPCODE: u8 = 0x0F;
const MASKED: u8 = 0x80;

/// The header of a client's frame.
#[derive(Debug)]
pub(super) struct Header {
    /// Whether it is the last frame of its message.
    pub(super) fin: bool,
    /// Whether it begins a compressed message.
    pub(super) compressed: bool,
    /// One of [`super::opcode`].
    pub(super) opcode: u8,
    /// Of the payload, in bytes.
    pub(super) length: usize,
    /// The mask of the payload.
    pub(super) key: [u8; 4],
    /// Of the header itself, in bytes.
    pub(super) size: usize,
}

impl Header {
    /// Parses the header at the front of `bytes`. `None`: it is not complete.
    /// `compression`: whether it was negotiated.
    ///
    /// # Errors
    /// [`Violation::Protocol`] for a header that is invalid in any order of frames.
    pub(super) fn parse(bytes: &[u8], compression: bool) -> Result<Option<Self>, Violation> {
        let &[first, second, ref rest @ ..] = bytes else {
            return Ok(None);
        };
        let opcode = first & OPCODE;
        let short = second & !MASKED;
        let fin = first & FIN != 0;
        let compressed = first & COMPRESSED != 0;
        let may_be_compressed = compression && matches!(opcode, TEXT | BINARY);
        if first & RESERVED != 0 || (compressed && !may_be_compressed) {
            return Err(Violation::Protocol("a reserved bit"));
        }
        if second & MASKED == 0 {
            return Err(Violation::Protocol("a frame without a mask"));
        }
        match opcode {
            CONTINUATION | TEXT | BINARY => {}
            CLOSE | PING | PONG if !fin => {
                return Err(Violation::Protocol("a control frame in fragments"));
            }
            CLOSE | PING | PONG if usize::from(short) > MAX_CONTROL => {
                return Err(Violation::Protocol("a control frame over 125 bytes"));
            }
            CLOSE | PING | PONG => {}
            _ => return Err(Violation::Protocol("a reserved opcode")),
        }
        let Some((length, rest)) = length(short, rest)? else {
            return Ok(None);
        };
        Ok(rest.first_chunk().map(|key| Self {
            fin,
            compressed,
            opcode,
            length,
            key: *key,
            size: bytes.len() - rest.len() + key.len(),
        }))
    }

    /// Whether it is a ping, a pong or a close.
    pub(super) fn is_control(&self) -> bool {
        self.opcode >= CLOSE
    }
}

/// The length of the payload, and the bytes after it.
fn length(short: u8, rest: &[u8]) -> Result<Option<(usize, &[u8])>, Violation> {
    let (length, min, rest) = match short {
        126 => match rest.split_first_chunk() {
            Some((length, rest)) => (u64::from(u16::from_be_bytes(*length)), 126, rest),
            None => return Ok(None),
        },
        127 => match rest.split_first_chunk() {
            Some((length, rest)) => (u64::from_be_bytes(*length), 1 << 16, rest),
            None => return Ok(None),
        },
        _ => (u64::from(short), 0, rest),
    };
    if length < min {
        return Err(Violation::Protocol("a length longer than it need be"));
    }
    if length >> 63 != 0 {
        return Err(Violation::Protocol("a length with its top bit set"));
    }
    // A length that does not fit into `usize` is over any limit.
    Ok(Some((usize::try_from(length).unwrap_or(usize::MAX), rest)))
}

/// Removes the mask. The same again adds it.
pub(super) fn unmask(payload: &mut [u8], key: [u8; 4]) {
    let [a, b, c, d] = key;
    let word = u64::from_ne_bytes([a, b, c, d, a, b, c, d]);
    let (words, rest) = payload.as_chunks_mut::<8>();
    for bytes in words {
        *bytes = (u64::from_ne_bytes(*bytes) ^ word).to_ne_bytes();
    }
    for (byte, key) in rest.iter_mut().zip(key.iter().cycle()) {
        *byte ^= key;
    }
}
