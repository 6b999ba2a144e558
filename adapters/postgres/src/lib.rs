//! The store in Postgres: users, brands, rooms and messages, durable, shared by
//! as many processes as there are.
//!
//! The platform changes users, brands and rooms by plain SQL while we run;
//! triggers move the revisions (`migrations/`). A write checks the revisions it
//! was judged by, numbers the change and keeps it in one statement. Messages that
//! are created at the same time go into one statement together: `writer`. What
//! the platform and other processes do meanwhile is heard by `watch`.
//!
//! # Locks
//! A write shares its user's row and takes its room's, and never waits for
//! either: what somebody else holds is skipped, and tried again a moment later
//! (`patience`). So no two processes can wait for each other, and a platform
//! that keeps a room locked holds up that room alone.

mod cache;
mod changes;
mod error;
mod health;
mod history;
mod import;
mod message;
mod messages;
mod metrics;
mod migrate;
mod patience;
mod people;
mod reading;
mod rooms;
mod tariff;
mod watch;
mod writer;

use std::time::Duration;

use aftermatch_ports::model::{Room, RoomId, User, UserId};
use sqlx::{
    PgPool,
    postgres::{PgConnectOptions, PgPoolOptions},
};

pub use error::is_passing;
pub use import::{ImportError, Imported, Progress, import};
pub use migrate::{MigrateError, check, migrate};
pub use sqlx::Error;

use crate::{cache::Cache, watch::Watcher, writer::Writer};

/// How to reach a database.
#[derive(Debug, Clone)]
pub struct Options {
    /// `postgres://user:password@host:port/database`.
    pub url: String,
    /// Connections for everything but the creation of messages and the watch on
    /// what others do, which have one each.
    pub pool: u32,
    /// How long a statement may take before it is cut off. An answer never waits
    /// for more than about twice that.
    pub statement_timeout: Duration,
}

impl Options {
    fn connect_options(&self) -> Result<PgConnectOptions, Error> {
        // sqlx would take any scheme.
        let schemes = ["postgres://", "postgresql://"];
        if !schemes.iter().any(|scheme| self.url.starts_with(scheme)) {
            let why = "the address of the database must begin with postgres://";
            return Err(Error::Configuration(why.into()));
        }
        let options: PgConnectOptions = self.url.parse()?;
        let timeout = self.statement_timeout.as_millis();
        Ok(options
            .application_name("aftermatch")
            .options([("statement_timeout", timeout.to_string())]))
    }

    /// For what takes as long as it takes.
    fn without_limit(&self) -> Result<PgConnectOptions, Error> {
        let options = Self {
            statement_timeout: Duration::ZERO,
            ..self.clone()
        };
        options.connect_options()
    }
}

/// The store in a Postgres database.
pub struct Postgres {
    pool: PgPool,
    writer: Writer,
    watcher: Watcher,
    statement_timeout: Duration,
    users: Cache<UserId, User>,
    rooms: Cache<RoomId, Room>,
}

impl Postgres {
    /// Connects to a database that has been migrated.
    ///
    /// # Errors
    /// When the URL is no URL, or the database cannot be reached.
    pub async fn connect(options: &Options) -> Result<Self, Error> {
        let connect = options.connect_options()?;
        let pool = PgPoolOptions::new()
            .max_connections(options.pool)
            .acquire_timeout(options.statement_timeout)
            .connect_with(connect.clone())
            .await?;
        Ok(Self {
            pool,
            writer: Writer::new(connect.clone(), options.statement_timeout),
            watcher: Watcher::new(connect, options.statement_timeout),
            statement_timeout: options.statement_timeout,
            users: Cache::new(),
            rooms: Cache::new(),
        })
    }

    /// The most connections it has open at a time: the pool's, one to create
    /// messages and one to watch.
    #[must_use]
    pub fn connections(&self) -> usize {
        usize::try_from(self.pool.options().get_max_connections() + 2).unwrap_or(usize::MAX)
    }

    /// Gives the connections back. To be called when nobody asks for anything any
    /// more.
    pub async fn close(&self) {
        self.pool.close().await;
    }
}
