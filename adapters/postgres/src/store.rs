use std::time::Duration;

use aftermatch_ports::model::{Room, RoomId, User, UserId};
use sqlx::{Error, PgPool, postgres::PgPoolOptions};
use tokio::time::Instant;

use crate::{
    directory::cache::Cache,
    insert::Inserter,
    options::Options,
    relay::notifications::Notifications,
    retry::{Retry, before},
};

/// The store in a Postgres database.
pub struct Postgres {
    pub(crate) pool: PgPool,
    pub(crate) inserter: Inserter,
    pub(crate) notifications: Notifications,
    pub(crate) users: Cache<UserId, User>,
    pub(crate) rooms: Cache<RoomId, Room>,
    statement_timeout: Duration,
}

impl Postgres {
    /// Connects to a database that has been migrated.
    ///
    /// # Errors
    /// When the URL is invalid, or the database cannot be reached.
    #[tracing::instrument(name = "db.connection.open", level = "debug", skip_all)]
    pub async fn connect(options: &Options) -> Result<Self, Error> {
        let connect = options.connect_options()?;
        let pool = PgPoolOptions::new()
            .max_connections(options.pool)
            .acquire_timeout(options.statement_timeout)
            .connect_with(connect.clone())
            .await?;
        Ok(Self {
            pool,
            inserter: Inserter::new(connect.clone(), options.statement_timeout),
            notifications: Notifications::new(connect, options.statement_timeout),
            users: Cache::new(),
            rooms: Cache::new(),
            statement_timeout: options.statement_timeout,
        })
    }

    /// The most connections it has open at a time: the pool's, one to insert
    /// messages and one to listen.
    #[must_use]
    pub fn connections(&self) -> usize {
        usize::try_from(self.pool.options().get_max_connections() + 2).unwrap_or(usize::MAX)
    }

    /// Closes the connections of the pool. Call it after the last request.
    pub async fn close(&self) {
        self.pool.close().await;
    }

    /// Limits the time of a query on this side too: the server cannot cut off
    /// what it never received.
    pub(crate) async fn with_timeout<T>(
        &self,
        query: impl Future<Output = Result<T, Error>>,
    ) -> Result<T, Error> {
        // Twice the limit: once to get a connection, once for the statement.
        before(Instant::now() + 2 * self.statement_timeout, query).await
    }

    /// Retries for locked rows, for as long as one statement may take.
    pub(crate) fn retry(&self) -> Retry {
        Retry::until(Instant::now() + self.statement_timeout)
    }
}
