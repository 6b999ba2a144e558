use std::time::Duration;

use sqlx::{AssertSqlSafe, Connection, Error, PgConnection, migrate, migrate::Migrate};
use tokio::time::sleep;

use crate::{
    admin::check::{MIGRATIONS, MigrateError, open},
    error::is_transient,
    options::Options,
};

/// How often a migration is tried that another transaction keeps from a lock.
const ATTEMPTS: usize = 5;

/// How long to wait before the next attempt. The chat goes on meanwhile.
const PAUSE: Duration = Duration::from_secs(1);

/// Applies the migrations that the database lacks, one process at a time.
///
/// # Errors
/// See [`MigrateError`]; a migration that failed has changed nothing.
#[tracing::instrument(name = "db.migration.run", level = "debug", skip_all)]
pub async fn migrate(options: &Options) -> Result<(), MigrateError> {
    for _ in 1..ATTEMPTS {
        match attempt(options).await {
            Err(MigrateError::Database(error)) if is_locked(&error) => {
                tracing::warn!(
                    %error,
                    "another transaction keeps the database from being migrated, for example a \
                     dump or another migration: trying again in a second"
                );
                sleep(PAUSE).await;
            }
            migrated => return migrated,
        }
    }
    attempt(options).await
}

async fn attempt(options: &Options) -> Result<(), MigrateError> {
    let (mut connection, _) = open(options).await?;
    // The lock that sqlx takes once more. It ends with the connection.
    connection.lock().await.map_err(transient)?;
    drop_unfinished_indexes(&mut connection).await?;
    MIGRATIONS.run(&mut connection).await.map_err(transient)?;
    connection.close().await?;
    Ok(())
}

/// If `CREATE INDEX CONCURRENTLY` fails, for example because a dump lasts too long, an
/// index is left that no query uses, and the next attempt would find its name taken.
async fn drop_unfinished_indexes(connection: &mut PgConnection) -> Result<(), Error> {
    let unfinished = "SELECT format('DROP INDEX %s', indexrelid::regclass)
        FROM pg_index JOIN pg_class ON oid = indrelid
        WHERE NOT indisvalid AND relnamespace = current_schema()::regnamespace";
    let drops: Vec<String> = sqlx::query_scalar(unfinished)
        .fetch_all(&mut *connection)
        .await?;
    for drop in drops {
        sqlx::query(AssertSqlSafe(drop))
            .execute(&mut *connection)
            .await?;
    }
    Ok(())
}

/// What may succeed later is an error of the database.
fn transient(error: migrate::MigrateError) -> MigrateError {
    match error {
        migrate::MigrateError::Execute(error)
        | migrate::MigrateError::ExecuteMigration(error, _)
            if is_transient(&error) =>
        {
            MigrateError::Database(error)
        }
        error => MigrateError::Migration(error),
    }
}

/// A lock timeout, or a deadlock.
fn is_locked(error: &sqlx::Error) -> bool {
    let code = error.as_database_error().and_then(|error| error.code());
    code.is_some_and(|code| code == "55P03" || code == "40P01")
}
