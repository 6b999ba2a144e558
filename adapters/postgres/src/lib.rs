//! The store in Postgres: users, brands, rooms and messages, durable, shared by
//! any number of processes.
//!
//! | module | what is there |
//! |---|---|
//! | `directory` | reads the tables that the platform writes: users, brands, rooms |
//! | `log` | reads the events of each room: as they were, history, deltas, read positions |
//! | `write` | every create, edit and deletion, over one connection |
//! | `precondition` | the check and the locks that every write shares |
//! | `replica` | reads from a standby that is as new as the primary |
//! | `session` | what every connection is before its first statement |
//! | `relay` | notifications from the platform and from other processes |
//! | `push` | what is still to be pushed to the platform |
//! | `bridge` | the chat on a platform's own database, which it adopts |
//! | `admin` | inspections, migrations, imports, health |
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
mod bridge;
mod certificates;
mod directory;
mod epoch;
mod error;
mod event_queue;
mod log;
mod metrics;
mod moment;
mod options;
mod precondition;
mod push;
mod refusals;
mod relay;
mod replica;
mod retry;
mod session;
mod store;
mod suspicion;
mod together;
mod write;

pub use admin::{
    check::{MigrateError, check},
    import::{Imported, error::ImportError, import, progress::Progress},
    inspect::{Extent, Fact, Finding, Inspection, Severity, inspect},
    migrate::migrate,
};
pub use bridge::{
    BridgeError, Checked, Depth, Installed, Mapping, Mistakes, Plan, check as check_bridge,
    install as install_bridge, plan as plan_bridge, remove as remove_bridge,
};
pub use error::is_transient;
pub use options::Options;
pub use sqlx::Error;
pub use store::Postgres;
