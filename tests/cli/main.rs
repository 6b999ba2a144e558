//! The binary as people start it: its command line, its environment, what it prints, what
//! it logs and how it ends.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "every function here belongs to a test"
)]

mod api;
mod check;
mod demo;
mod edge;
#[cfg(target_os = "linux")]
mod memory;
mod nats;
mod operations;
mod page;
mod settings;
mod tls;
mod token;
mod world;
