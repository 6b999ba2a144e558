//! A platform without access to the database: everything over HTTP, with the real program.

#![allow(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "every function here belongs to a test"
)]

mod document;
mod edge;
mod events;
mod platform;
mod processes;
mod requests;
mod stories;
