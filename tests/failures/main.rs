//! Failures: the database is away, hangs, is locked or too new; the program is killed; two
//! processes share one database. All of it with the real binary, over real sockets, on a
//! real Postgres.

#![allow(
    unreachable_pub,
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "every function here belongs to a test"
)]

mod attachments;
mod database_outage;
mod database_refusals;
mod inbox;
mod inboxes;
mod interrupted_replay;
mod locks;
mod lost_notification;
mod migrations;
mod nats;
mod other_log;
mod other_process;
mod platform_writes;
mod poolers;
mod program_crash;
mod read_only;
mod readiness;
mod records;
mod replica;
mod retries;
mod revoked_rights;
mod rights_without_triggers;
mod schemas;
mod startup;
mod two_processes;
mod undelivered;
mod webhook;
mod world;
