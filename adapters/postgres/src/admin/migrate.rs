use std::time::Duration;

use sqlx::{Connection, Error, PgConnection, migrate, migrate::Migrate};
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
    let (mut connection, found) = open(options).await?;
    // The lock that sqlx takes once more. It ends with the connection.
    connection.lock().await.map_err(transient)?;
    let mut pending = MIGRATIONS
        .iter()
        .filter(|each| each.version > found)
        .peekable();
    if pending.peek().is_some() && pending.all(|migration| migration.no_tx) {
        prepare_index(&mut connection).await?;
    }
    MIGRATIONS.run(&mut connection).await.map_err(transient)?;
    connection.close().await?;
    Ok(())
}

/// Before `CREATE INDEX CONCURRENTLY`. It waits for all older transactions, a dump for
/// example, and blocks nobody meanwhile. If it failed before, it left an index that no query
/// uses, and whose name is taken.
async fn prepare_index(connection: &mut PgConnection) -> Result<(), Error> {
    tracing::info!("making an index: this waits for transactions that began earlier");
    sqlx::query("SELECT set_config('lock_timeout', '0', false)")
        .execute(&mut *connection)
        .await?;
    let is_unfinished = "SELECT EXISTS (SELECT FROM pg_index
        WHERE indexrelid = to_regclass('messages_existing_idx') AND NOT indisvalid)";
    let is_unfinished = sqlx::query_scalar(is_unfinished).fetch_one(&mut *connection);
    if is_unfinished.await? {
        let drop = "DROP INDEX CONCURRENTLY IF EXISTS messages_existing_idx";
        sqlx::raw_sql(drop).execute(connection).await?;
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
