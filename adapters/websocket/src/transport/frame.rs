//! The server's side of WebSocket framing (RFC 6455, section 5), without
//! extensions: bytes in, messages out, and back. No IO, no clock.

mod decode;
mod encode;
mod header;
mod incoming;
mod message;
mod opcode;
#[cfg(test)]
mod tests;

pub(crate) use self::{
    decode::Decoder,
    encode::{TextFrame, close, ping, pong},
    incoming::{Incoming, Violation},
};
