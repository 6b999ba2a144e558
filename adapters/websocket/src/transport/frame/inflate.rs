//! Compressed messages of clients (RFC 7692, section 7.2.2). Each is on its own: nothing is
//! held between two of them.

use std::cell::RefCell;

use bytes::Bytes;
use flate2::{Decompress, FlushDecompress, Status};

use super::incoming::Violation;

/// What a message lacks at its end: an empty block, which every sender leaves out. Behind it
/// a last block. Where the stream ends with that one, the message was whole.
const END: [u8; 6] = [0, 0, 0xFF, 0xFF, 3, 0];

/// How many times the payload a text is expected to be.
const EXPECTED_RATIO: usize = 4;

thread_local! {
    /// For one message after the other, from any connection.
    static INFLATE: RefCell<Decompress> = RefCell::new(Decompress::new(false));
}

/// The text of a compressed message, of at most `max` bytes. Only so much is inflated.
pub(super) fn inflate(payload: &[u8], max: usize) -> Result<Bytes, Violation> {
    // Some senders leave out all of an empty message.
    if payload.is_empty() {
        return Ok(Bytes::new());
    }
    let whole = [payload, &END].concat();
    INFLATE.with_borrow_mut(|stream| inflate_with(stream, &whole, max))
}

fn inflate_with(stream: &mut Decompress, whole: &[u8], max: usize) -> Result<Bytes, Violation> {
    let mut text = Vec::new();
    let mut rest = whole;
    stream.reset(false);
    loop {
        if text.len() > max {
            return Err(Violation::TooBig);
        }
        if text.len() == text.capacity() {
            let expected = EXPECTED_RATIO * rest.len().max(text.len());
            // One more than is allowed: so it is known whether there is more.
            let capacity = expected.min(max.saturating_add(1));
            text.reserve_exact(capacity.saturating_sub(text.len()));
        }
        let before = (stream.total_in(), text.len());
        let inflated = stream.decompress_vec(rest, &mut text, FlushDecompress::None);
        let status = inflated.map_err(|_| Violation::Corrupt)?;
        let taken = stream.total_in() - before.0;
        rest = usize::try_from(taken).map_or(&[], |taken| rest.get(taken..).unwrap_or_default());
        match status {
            Status::StreamEnd if rest.is_empty() && text.len() <= max => return Ok(text.into()),
            Status::StreamEnd if !rest.is_empty() => stream.reset(false),
            _ if (taken, text.len()) == (0, before.1) => return Err(Violation::Corrupt),
            _ => {}
        }
    }
}
