//! What users live through, over real sockets, with a client that is not ours.
//! Every story runs on every store.

#![allow(
    unreachable_pub,
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "all of this is tests, the functions that stories share included"
)]

mod actions;
mod closing;
mod frames;
mod handshake;
mod harness;
mod limits;
mod order;
mod reading_back;
mod resume;
mod rights;
mod shapes;
