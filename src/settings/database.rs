//! How to reach the database.

use std::time::Duration;

use aftermatch_postgres::Options;
use anyhow::Context;
use clap::Args;

use super::values::{duration, pool_size};

/// Begins the sentence about a database that cannot be used.
pub(crate) const CANNOT_USE: &str = "cannot use the database (DATABASE_URL)";

#[derive(Args)]
pub(crate) struct Database {
    /// Postgres database that stores everything:
    /// postgres://user:password@host:port/name. Without it, everything is in memory
    /// and is lost when the service stops.
    #[arg(
        long = "database-url",
        env = "DATABASE_URL",
        value_name = "URL",
        hide_env_values = true
    )]
    url: Option<String>,
    /// A standby of that database, for reading lists and histories. It is used when it is
    /// as new as the database itself.
    #[arg(
        long,
        env = "CHAT_REPLICA_URL",
        value_name = "URL",
        hide_env_values = true
    )]
    replica_url: Option<String>,
    /// Size of the connection pool. Two more connections insert messages and
    /// receive notifications.
    #[arg(long = "database-pool", env = "CHAT_DATABASE_POOL", value_name = "N", default_value = "8", value_parser = pool_size)]
    pool: u32,
    /// Time limit of one database statement.
    #[arg(long, env = "CHAT_STATEMENT_TIMEOUT", value_name = "TIME", default_value = "1s", value_parser = duration)]
    statement_timeout: Duration,
}

impl Database {
    /// How to reach the database, if one is given.
    pub(crate) fn options(&self) -> Option<Options> {
        self.url.clone().map(|url| Options {
            url,
            replica: self.replica_url.clone(),
            pool: self.pool,
            statement_timeout: self.statement_timeout,
        })
    }

    pub(crate) fn has_replica_of_nothing(&self) -> bool {
        self.replica_url.is_some() && self.url.is_none()
    }

    /// How to reach the database. It is an error if none is given.
    pub(crate) fn required(&self) -> anyhow::Result<Options> {
        self.options().context(
            "no database: set DATABASE_URL, such as postgres://user:password@localhost/aftermatch",
        )
    }
}
