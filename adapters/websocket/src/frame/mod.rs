//! The server's side of WebSocket framing (RFC 6455, section 5), without
//! extensions: bytes in, messages out, and back. No IO, no clock.

mod decode;
mod encode;
mod header;
mod message;
#[cfg(test)]
mod tests;

use aftermatch_protocol::close::Close;
use bytes::Bytes;

pub(crate) use self::{
    decode::Decoder,
    encode::{TextFrame, close, ping, pong},
};

mod opcode {
    pub(super) const CONTINUATION: u8 = 0x0;
    pub(super) const TEXT: u8 = 0x1;
    pub(super) const BINARY: u8 = 0x2;
    pub(super) const CLOSE: u8 = 0x8;
    pub(super) const PING: u8 = 0x9;
    pub(super) const PONG: u8 = 0xA;
}

/// The bit that marks the last frame of a message.
const FIN: u8 = 0x80;

/// The most bytes that the payload of a control frame may have.
const MAX_CONTROL: usize = 125;

/// What a client sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Incoming {
    /// A whole text, which may yet not be UTF-8: such a text is answered with
    /// an error, and the connection stays open.
    Text(Bytes),
    /// A whole binary message. Nothing of it was kept.
    Binary,
    /// To be answered by a [`pong`] with the same payload, of at most 125 bytes.
    Ping(Bytes),
    /// A sign of life.
    Pong,
    /// The last thing a client may send, with its close code if it gave one.
    Close(Option<u16>),
}

/// What ends a connection: the client broke the protocol's rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Violation {
    /// A frame that must not be sent, and why.
    Protocol(&'static str),
    /// A message over the limit.
    TooBig,
}

impl Violation {
    /// How to end the connection.
    pub(crate) fn close(self) -> Close {
        match self {
            Self::Protocol(reason) => Close::protocol_error(reason),
            Self::TooBig => Close::TOO_BIG,
        }
    }
}
