//! Bad days: the database is away, hangs, is locked or too new; the program is
//! killed; two programs share one database. All of it with the real program,
//! over real sockets, on a real Postgres.

#![allow(
    unreachable_pub,
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "all of this is tests, the functions that they share included"
)]

mod away;
mod crash;
mod elsewhere;
mod late;
mod locked;
mod migrating;
mod records;
mod refused;
mod retries;
mod rights;
mod service;
mod socket;
mod two;
mod untold;

#[path = "../stories/harness/client.rs"]
#[allow(dead_code, reason = "the stories use the rest")]
mod client;
#[path = "../program/command.rs"]
#[allow(dead_code, reason = "the tests of the program use the rest")]
mod command;
#[path = "../stories/harness/raw.rs"]
#[allow(dead_code, reason = "the stories use the rest")]
mod raw;
#[path = "../stories/harness/tokens.rs"]
#[allow(dead_code, reason = "the stories use the rest")]
mod tokens;

// Where the modules of the stories look for it.
use client::Client;
