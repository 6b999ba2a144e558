//! The chat from end to end: both stores, over real sockets, with a client whose framing
//! is not ours. Each test runs once on each store.

#![allow(
    unreachable_pub,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "every function here belongs to a test"
)]

mod actions;
mod close;
mod consistency;
mod frames;
mod handshake;
mod inbox;
mod limits;
mod order;
mod replica;
mod resume;
mod rights;
mod shapes;
