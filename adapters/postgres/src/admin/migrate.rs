use std::time::Duration;

use sqlx::{Connection, Error, PgConnection, migrate, migrate::Migrate};
use tokio::time::sleep;

use crate::{
    admin::check::{LOCK_TIMEOUT, MIGRATIONS, MigrateError, open},
    error::is_transient,
    options::Options,
};

/// The indexes that are made without blocking, and how to remove one that failed.
const INDEXES: [(&str, &str); 2] = [
    (
        "messages_existing_idx",
        "DROP INDEX CONCURRENTLY IF EXISTS messages_existing_idx",
    ),
    (
        "messages_user_idx",
        "DROP INDEX CONCURRENTLY IF EXISTS messages_user_idx",
    ),
];

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
    let (mut connection, schema, found) = open(options).await?;
    if let Some(obstacle) = schema.obstacle() {
        return Err(obstacle.into());
    }
    // The lock that sqlx takes once more. It ends with the connection.
    connection.lock().await.map_err(transient)?;
    for migration in MIGRATIONS.iter().filter(|each| each.version > found) {
        if migration.no_tx {
            prepare_index(&mut connection).await?;
        } else {
            limit_locks(&mut connection, LOCK_TIMEOUT).await?;
        }
        let run = MIGRATIONS.run_to(migration.version, &mut connection);
        run.await.map_err(transient)?;
    }
    // Compares those that the database had before, too.
    MIGRATIONS.run(&mut connection).await.map_err(transient)?;
    connection.close().await?;
    Ok(())
}

/// Before `CREATE INDEX CONCURRENTLY`. It waits for all older transactions, a dump for
/// example, and blocks nobody meanwhile. If it failed before, it left an index that no query
/// uses, and whose name is taken.
async fn prepare_index(connection: &mut PgConnection) -> Result<(), Error> {
    tracing::info!("making an index: this waits for transactions that began earlier");
    limit_locks(connection, Duration::ZERO).await?;
    for (name, drop) in INDEXES {
        let is_unfinished = "SELECT EXISTS (
            SELECT FROM pg_index WHERE indexrelid = to_regclass($1) AND NOT indisvalid)";
        let is_unfinished = sqlx::query_scalar(is_unfinished).bind(name);
        if is_unfinished.fetch_one(&mut *connection).await? {
            sqlx::raw_sql(drop).execute(&mut *connection).await?;
        }
    }
    Ok(())
}

/// How long the next statements wait for a lock. Zero: as long as it takes.
async fn limit_locks(connection: &mut PgConnection, limit: Duration) -> Result<(), Error> {
    sqlx::query("SELECT set_config('lock_timeout', $1, false)")
        .bind(limit.as_millis().to_string())
        .execute(connection)
        .await?;
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
