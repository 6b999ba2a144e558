//! A Postgres for tests.
//!
//! [`fresh`] gives a test a migrated database of its own on a server that the whole test
//! process shares, [`empty`] one without tables. [`Server`] is a server of the test's
//! own, to stop and to start again, [`Pair`] a server with a standby that takes over, and
//! [`Proxy`] a connection to a server, to cut and to heal; [`Pooler`] is PgBouncer in front of one, and
//! an [`Authority`] gives one TLS. A [`NatsServer`] carries events between processes,
//! a [`NatsAccount`] lets them in, and a [`LossyLine`] to it loses some.
//!
//! The server comes from the first of these that works:
//!
//! 1. `TEST_DATABASE_URL`: a server that runs already; the role may create databases.
//! 2. Docker: the image `TEST_POSTGRES_IMAGE` (`postgres:17`), removed when the test
//!    process ends, however it ends. The `docker` command must be there too.
//! 3. Binaries of Postgres on `PATH` or where Debian keeps them.
//!
//! `TEST_POSTGRES` (`url`, `docker` or `local`) allows one of them alone. Without any the
//! tests fail and say what to do. A [`Pair`] always needs the binaries, a [`SmallDisk`]
//! Docker. A runner that gives every test a process of its own
//! pays for a server each time, unless `TEST_DATABASE_URL` names one.

#![allow(
    clippy::expect_used,
    clippy::panic,
    reason = "helpers of tests may fail a test"
)]

mod authority;
mod choice;
mod connection;
mod container;
mod database;
mod durability;
mod local;
mod lossy_line;
mod nats;
mod nats_account;
mod pair;
mod platform;
mod pooler;
mod process;
mod proxy;
mod server;
mod shared;
mod small_disk;
mod template;
mod unique;
mod watchdog;

pub use authority::{Authority, Certificate};
pub use database::{Database, empty, fresh};
pub use lossy_line::LossyLine;
pub use nats::NatsServer;
pub use nats_account::NatsAccount;
pub use pair::Pair;
pub use platform::Platform;
pub use pooler::Pooler;
pub use proxy::Proxy;
pub use server::Server;
pub use small_disk::SmallDisk;
