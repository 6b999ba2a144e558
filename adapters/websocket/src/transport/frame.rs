//! The server's side of WebSocket framing (RFC 6455, section 5), with compressed messages
//! (RFC 7692): bytes in, messages out, and back. No IO, no clock.

mod decode;
mod deflate;
mod encode;
mod header;
mod incoming;
mod inflate;
mod message;
mod opcode;
#[cfg(test)]
mod tests;

pub(crate) use self::{
    decode::Decoder,
    encode::{TextFrame, close, deflated, payload, ping, pong},
    incoming::{Incoming, Violation},
};
