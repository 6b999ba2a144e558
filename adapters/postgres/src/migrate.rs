//! Brings a database to the shape this program knows.

use sqlx::{Connection, PgConnection, migrate::Migrator};
use tokio::time::Instant;

use crate::{Error, Options, patience::until};

static MIGRATIONS: Migrator = sqlx::migrate!("../../migrations");

/// Why a database was not brought to this program's shape.
#[derive(Debug, thiserror::Error)]
pub enum MigrateError {
    /// It was not to be reached, or said no.
    #[error(transparent)]
    Database(#[from] Error),
    /// It has been migrated by a newer program.
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
    /// It lacks migrations, and was not to be migrated.
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
    /// A migration failed, or is not the one that the database has.
    #[error("the database cannot be migrated: {0}")]
    Migration(#[from] sqlx::migrate::MigrateError),
}

/// Applies the migrations that are still to be applied, one process at a time.
///
/// # Errors
/// See [`MigrateError`]; a migration that failed has changed nothing.
pub async fn migrate(options: &Options) -> Result<(), MigrateError> {
    let (mut connection, _) = open(options).await?;
    // Under an advisory lock, which sqlx takes by itself.
    MIGRATIONS.run(&mut connection).await?;
    connection.close().await?;
    Ok(())
}

/// Whether the database has the shape this program knows.
///
/// # Errors
/// See [`MigrateError`].
pub async fn check(options: &Options) -> Result<(), MigrateError> {
    let (connection, found) = open(options).await?;
    connection.close().await?;
    let known = known();
    if found < known {
        return Err(MigrateError::Older { found, known });
    }
    Ok(())
}

pub(crate) fn known() -> i64 {
    let versions = MIGRATIONS.iter().map(|migration| migration.version);
    versions.max().unwrap_or(0)
}

/// A connection without a limit for its statements, and what it [`found`]. A
/// database that does not answer is as good as away.
async fn open(options: &Options) -> Result<(PgConnection, i64), MigrateError> {
    let opening = async {
        let mut connection = PgConnection::connect_with(&options.without_limit()?).await?;
        let found = found(&mut connection).await?;
        Ok((connection, found))
    };
    // Twice: one for the connection, one for the statements.
    until(Instant::now() + 2 * options.statement_timeout, opening).await
}

/// The newest migration of the database, which must not be newer than ours.
async fn found(connection: &mut PgConnection) -> Result<i64, MigrateError> {
    let begun: bool = sqlx::query_scalar("SELECT to_regclass('_sqlx_migrations') IS NOT NULL")
        .fetch_one(&mut *connection)
        .await?;
    if !begun {
        return Ok(0);
    }
    let found: Option<i64> = sqlx::query_scalar("SELECT max(version) FROM _sqlx_migrations")
        .fetch_one(connection)
        .await?;
    let (found, known) = (found.unwrap_or(0), known());
    if found > known {
        return Err(MigrateError::Newer { found, known });
    }
    Ok(found)
}
