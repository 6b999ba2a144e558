//! The store in a real Postgres.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "all of this is tests"
)]

mod batches;
mod import;
mod laws;
mod migrations;
mod processes;
mod relay;
mod retries;
mod spans;
mod support;
mod tables;
mod triggers;
