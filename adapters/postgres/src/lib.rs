//! The store in Postgres: users, brands, rooms and messages, durable, shared by
//! any number of processes.
//!
//! | module | what is there |
//! |---|---|
//! | `directory` | reads the tables that the platform writes: users, brands, rooms |
//! | `log` | the events of each room: edit, delete, history, deltas, read positions |
//! | `insert` | new messages, batched over one connection |
//! | `precondition` | the check and the locks that every write shares |
//! | `relay` | notifications from the platform and from other processes |
//! | `admin` | migrations, imports, health |
//!
//! The platform changes users, brands and rooms by plain SQL while the service
//! runs; triggers then move their revisions (`migrations/`). A write checks the
//! revisions by which it was authorized, numbers the event and commits it, all in
//! one statement.
//!
//! A write never waits for a row lock. A locked row is skipped, and the write is
//! tried again after a short pause (`retry`). So two processes cannot deadlock,
//! and a platform that keeps a room locked delays that room alone.
//!
//! Each statement has a span at debug level, named `db.entity.verb`.

mod admin;
mod directory;
mod error;
mod insert;
mod log;
mod metrics;
mod options;
mod precondition;
mod relay;
mod retry;
mod store;

pub use admin::{
    check::{MigrateError, check},
    import::{Imported, error::ImportError, import, progress::Progress},
    migrate::migrate,
};
pub use error::is_transient;
pub use options::Options;
pub use sqlx::Error;
pub use store::Postgres;
