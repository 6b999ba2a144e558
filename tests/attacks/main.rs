//! Attacks: clients that flood, stall, send nonsense, or do not read. The others do not
//! notice, and the service gives back what it has held for them. All of it with the real
//! binary, over real sockets, on both stores.

#![allow(
    unreachable_pub,
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "every function here belongs to a test"
)]

mod bytes;
mod deleted_history;
mod descriptors;
mod floods;
mod large_answers;
mod long_past;
mod memory;
mod neighbours;
mod request_limit;
mod shared_room;
mod slow_senders;
mod socket;
mod world;
mod write_limit;
