//! The WebSocket on a TCP connection: its frames, what is read and what is written.

mod compression;
pub(crate) mod frame;
mod long_text;
mod outbox;
mod reader;
mod shared;
mod socket;

#[cfg(test)]
pub(crate) use self::outbox::tests as outbox_tests;
pub(crate) use self::{
    compression::Compression,
    long_text::LongText,
    outbox::{Closing, Outbox},
    reader::{ReadError, Reader},
    shared::Shared,
    socket::Socket,
};
