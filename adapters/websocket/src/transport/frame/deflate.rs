//! Compressed payloads to send (RFC 7692, section 7.2.1). Each is on its own: nothing is held
//! between two of them, and so any connection can receive it.

use std::cell::RefCell;

use flate2::{Compress, Compression, FlushCompress};

/// A higher one makes events hardly smaller: decision 27 has the figures.
const LEVEL: u32 = 4;

/// How the deflated payload of a frame ends: with an empty block.
const TAIL: [u8; 4] = [0, 0, 0xFF, 0xFF];

thread_local! {
    /// For one payload after the other, to any connection.
    static DEFLATE: RefCell<Compress> =
        RefCell::new(Compress::new(Compression::new(LEVEL), false));
}

/// Appends `payload`, deflated, as the last of its message: without the tail. Returns
/// `false` if `out` has not the capacity for it, with the tail.
#[must_use]
pub(super) fn deflate_last(payload: &[u8], out: &mut Vec<u8>) -> bool {
    let fits = deflate(payload, out) && out.ends_with(&TAIL);
    out.truncate(out.len().saturating_sub(TAIL.len()));
    fits
}

/// Appends `payload`, deflated. Others of the same message may follow. Returns `false` if
/// `out` has not the capacity for it.
#[must_use]
pub(super) fn deflate(payload: &[u8], out: &mut Vec<u8>) -> bool {
    DEFLATE.with_borrow_mut(|stream| {
        stream.reset();
        let deflated = stream.compress_vec(payload, out, FlushCompress::Sync);
        // With capacity left, nothing is left in the stream either.
        deflated.is_ok() && out.len() < out.capacity()
    })
}

/// What `length` bytes have at most when they are deflated.
pub(super) fn bound(length: usize) -> usize {
    length + length / 64 + 64
}
