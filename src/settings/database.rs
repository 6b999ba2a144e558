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
            pool: self.pool,
            statement_timeout: self.statement_timeout,
        })
    }

    /// How to reach the database. It is an error if none is given.
    pub(crate) fn required(&self) -> anyhow::Result<Options> {
        self.options().context(
            "no database: set DATABASE_URL, such as postgres://user:password@localhost/chat",
        )
    }
}
