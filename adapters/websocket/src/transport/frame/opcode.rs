//! Constants of the frame header.

pub(super) const CONTINUATION: u8 = 0x0;
pub(super) const TEXT: u8 = 0x1;
pub(super) const BINARY: u8 = 0x2;
pub(super) const CLOSE: u8 = 0x8;
pub(super) const PING: u8 = 0x9;
pub(super) const PONG: u8 = 0xA;

/// The bit that marks the last frame of a message.
pub(super) const FIN: u8 = 0x80;

/// The bit that marks the first frame of a compressed message (RFC 7692, section 6).
pub(super) const COMPRESSED: u8 = 0x40;

/// The most payload bytes of a control frame.
pub(super) const MAX_CONTROL: usize = 125;
