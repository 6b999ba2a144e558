use std::time::Duration;

use sqlx::{Error, postgres::PgConnectOptions};

/// How to reach a database.
#[derive(Debug, Clone)]
pub struct Options {
    /// `postgres://user:password@host:port/database`.
    pub url: String,
    /// Size of the connection pool. The inserts of messages and the relay have
    /// one connection each besides.
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
        let timeout = self.statement_timeout.as_millis();
        Ok(options
            .application_name("aftermatch")
            .options([("statement_timeout", timeout.to_string())]))
    }

    /// Without a time limit: for migrations and imports.
    pub(crate) fn unlimited(&self) -> Result<PgConnectOptions, Error> {
        let options = Self {
            statement_timeout: Duration::ZERO,
            ..self.clone()
        };
        options.connect_options()
    }
}
