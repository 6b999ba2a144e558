//! The program as people start it: its command line, its environment, what it
//! prints, what it logs and how it ends.

#![allow(
    unreachable_pub,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "all of this is tests, the functions that they share included"
)]

mod command;
mod demo;
mod edge;
mod http;
mod operations;
mod page;
mod settings;
mod token;
mod world;

#[path = "../stories/harness/client.rs"]
#[allow(dead_code, reason = "the stories use the rest")]
mod client;
