//! Whether a database has the schema of this program.

use std::time::Duration;

use sqlx::{Connection, Error, PgConnection, migrate::Migrator};
use tokio::time::Instant;

use super::schema::{NoPlace, Schema};
use crate::{
    options::Options,
    retry::before,
    session::{self, Settings},
};

pub(super) static MIGRATIONS: Migrator = sqlx::migrate!("../../migrations");

/// How long a migration waits for a lock. It is shorter than the time limit of the
/// statements that wait behind it.
pub(super) const LOCK_TIMEOUT: Duration = Duration::from_millis(500);

/// Why a database does not have the schema of this program.
#[derive(Debug, thiserror::Error)]
pub enum MigrateError {
    /// It is unreachable, or reported an error. Transient: a lock was not released in
    /// time, for example during a dump.
    #[error(transparent)]
    Database(#[from] Error),
    /// A newer program has migrated it.
    #[error(
        "the database is newer than this program: it has migration {found}, this program knows \
         those up to {known}; run the newer program"
    )]
    Newer {
        /// The newest migration of the database.
        found: i64,
        /// The newest migration of this program.
        known: i64,
    },
    /// It lacks migrations.
    #[error(
        "the database is older than this program: it has migrations up to {found}, this program \
         needs those up to {known}; run `aftermatch migrate`"
    )]
    Older {
        /// The newest migration of the database, 0 for none.
        found: i64,
        /// The newest migration of this program.
        known: i64,
    },
    /// There is no schema for our tables.
    #[error(transparent)]
    NoPlace(#[from] NoPlace),
    /// A migration failed, or differs from the one that the database has.
    #[error("the database cannot be migrated: {0}")]
    Migration(#[from] sqlx::migrate::MigrateError),
}

/// Checks that the database has the schema of this program.
///
/// # Errors
/// See [`MigrateError`].
#[tracing::instrument(name = "db.migration.check", level = "debug", skip_all)]
pub async fn check(options: &Options) -> Result<(), MigrateError> {
    let (connection, schema, found) = open(options).await?;
    connection.close().await?;
    // Nothing could be found, and migrations would be refused, too.
    if let (None, Some(obstacle)) = (&schema.name, schema.obstacle()) {
        return Err(obstacle.into());
    }
    let known = known();
    if found < known {
        return Err(MigrateError::Older { found, known });
    }
    Ok(())
}

/// The newest migration of this program.
pub(super) fn known() -> i64 {
    let versions = MIGRATIONS.iter().map(|migration| migration.version);
    versions.max().unwrap_or(0)
}

/// A connection without a time limit for its statements, its schema, and the newest
/// migration there, which this program knows. A timeout counts as unreachable.
pub(super) async fn open(options: &Options) -> Result<(PgConnection, Schema, i64), MigrateError> {
    let opening = async {
        let settings = Settings::of_migrations(LOCK_TIMEOUT);
        let (mut connection, _) = session::open(&options.connect_options()?, &settings).await?;
        let schema = Schema::read(&mut connection).await?;
        // Before the migrations are read: those may be of another program.
        if let Some(wrong) = schema.wrong(0) {
            return Err(wrong.into());
        }
        let (found, known) = (found(&mut connection).await?, known());
        if let Some(wrong) = schema.wrong(found) {
            return Err(wrong.into());
        }
        if found > known {
            return Err(MigrateError::Newer { found, known });
        }
        Ok((connection, schema, found))
    };
    // Twice the limit: once for the connection, once for the statements.
    before(Instant::now() + 2 * options.statement_timeout, opening).await
}

/// The newest migration of the database, 0 for none.
async fn found(connection: &mut PgConnection) -> Result<i64, Error> {
    let migrated: bool = sqlx::query_scalar("SELECT to_regclass('_sqlx_migrations') IS NOT NULL")
        .fetch_one(&mut *connection)
        .await?;
    if !migrated {
        return Ok(0);
    }
    let found: Option<i64> = sqlx::query_scalar("SELECT max(version) FROM _sqlx_migrations")
        .fetch_one(connection)
        .await?;
    Ok(found.unwrap_or(0))
}
