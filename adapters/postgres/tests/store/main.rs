//! The store in a real Postgres.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "all of this is tests"
)]

mod attachments;
mod audit;
mod batches;
mod calls;
mod changes;
mod deleted_messages;
mod frozen;
mod health;
mod import;
mod imported_rooms;
mod inspect;
mod inspect_rights;
mod interest;
mod laws;
mod log;
mod migrations;
mod newcomers;

mod platform_events;
mod platform_rights;
mod platform_writes;
mod processes;
mod pushes;
mod queue;
mod relay;
mod replica;
mod retries;
mod rights;
mod same_messages;
mod schemas;
mod search_path;
mod sessions;
mod silent_changes;
mod spans;
mod strange_rows;
mod support;
mod tables;
mod triggers;
mod unreachable;
