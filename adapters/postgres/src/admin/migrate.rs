use sqlx::Connection;

use crate::{
    admin::check::{MIGRATIONS, MigrateError, open},
    options::Options,
};

/// Applies the migrations that the database lacks, one process at a time.
///
/// # Errors
/// See [`MigrateError`]; a migration that failed has changed nothing.
#[tracing::instrument(name = "db.migration.run", level = "debug", skip_all)]
pub async fn migrate(options: &Options) -> Result<(), MigrateError> {
    let (mut connection, _) = open(options).await?;
    // sqlx takes an advisory lock.
    MIGRATIONS.run(&mut connection).await?;
    connection.close().await?;
    Ok(())
}
