//! What a connection receives compressed (RFC 7692).

/// A shorter text is sent as it is: compressing it takes as long as for a longer one, and
/// saves a few bytes of a packet.
const MIN_BYTES: usize = 256;

/// The greatest window of a sender: references go back no more than `1 << 15` bytes.
const MAX_WINDOW_BITS: u8 = 15;

/// What was negotiated. Both sides compress each message on its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Compression {
    /// The client holds a window of so many bits for what it receives, as a power of two.
    pub(crate) window_bits: Option<u8>,
}

impl Compression {
    /// Whether a text of this length is to be compressed. In a text that fits into a window
    /// no reference goes further back. So all texts are compressed in the same way, and a
    /// client with a smaller window receives the longer ones as they are.
    pub(crate) fn covers(self, bytes: usize) -> bool {
        let fits = match self.window_bits {
            None | Some(MAX_WINDOW_BITS) => true,
            Some(bits) => bytes <= 1 << bits,
        };
        bytes >= MIN_BYTES && fits
    }
}
