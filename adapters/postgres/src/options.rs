use std::time::Duration;

use sqlx::{Error, postgres::PgConnectOptions};

/// How to reach a database.
#[derive(Debug, Clone)]
pub struct Options {
    /// `postgres://user:password@host:port/database`.
    pub url: String,
    /// Size of the connection pool. Writes and the relay have one connection each
    /// besides.
    pub pool: u32,
    /// Time limit of a statement. A request waits for at most about twice that.
    pub statement_timeout: Duration,
}

impl Options {
    pub(crate) fn connect_options(&self) -> Result<PgConnectOptions, Error> {
        // sqlx would accept any scheme.
        let schemes = ["postgres://", "postgresql://"];
        if !schemes.iter().any(|scheme| self.url.starts_with(scheme)) {
            let why = "the address of the database must begin with postgres://";
            return Err(Error::Configuration(why.into()));
        }
        let options: PgConnectOptions = self.url.parse()?;
        // Nothing else at the start of a connection: invariant 1 of `session`.
        Ok(options
            .application_name("aftermatch")
            .extra_float_digits(None))
    }
}
