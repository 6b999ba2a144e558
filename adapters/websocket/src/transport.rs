//! The WebSocket on a TCP connection: its frames, what is read and what is written.

pub(crate) mod frame;
mod long_text;
mod outbox;
mod reader;
mod socket;

#[cfg(test)]
pub(crate) use self::outbox::tests as outbox_tests;
pub(crate) use self::{
    long_text::LongText,
    outbox::{Closing, Outbox},
    reader::{ReadError, Reader},
    socket::Socket,
};
