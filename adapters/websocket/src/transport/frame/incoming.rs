//! What the decoder returns.

use aftermatch_protocol::close::Close;
use bytes::Bytes;

/// What a client sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Incoming {
    /// A whole text message. It may be invalid UTF-8: such a text is answered with
    /// an error, and the connection stays open.
    Text(Bytes),
    /// A whole binary message. Its payload was dropped.
    Binary,
    /// A frame of a message that others will follow. The message comes as a whole later.
    Fragment,
    /// To be answered by a [`pong`](super::pong) with the same payload, of at most
    /// 125 bytes.
    Ping(Bytes),
    /// The response to a ping, or an unsolicited one.
    Pong,
    /// The last frame a client may send, with its close code if there is one.
    Close(Option<u16>),
}

/// A breach of the WebSocket protocol, which ends the connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Violation {
    /// A frame that must not be sent, and why.
    Protocol(&'static str),
    /// A close frame whose reason is not UTF-8.
    NotUtf8,
    /// A compressed message that cannot be inflated.
    Corrupt,
    /// A message over the limit.
    TooBig,
}

impl Violation {
    /// How to close the connection.
    pub(crate) fn close(self) -> Close {
        match self {
            Self::Protocol(reason) => Close::protocol_error(reason),
            Self::NotUtf8 => Close::NOT_UTF8,
            Self::Corrupt => Close::CORRUPT,
            Self::TooBig => Close::TOO_BIG,
        }
    }
}
