//! The migrated database that those of the tests are copies of.

use std::{
    hash::{DefaultHasher, Hash, Hasher},
    path::Path,
};

use sqlx::{AssertSqlSafe, Connection, PgConnection, migrate::Migrator};
use url::Url;

use crate::connection::{Failure, connect};

/// The migrations of the workspace.
const MIGRATIONS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../migrations");

/// Held while a template is made, on a server that several test processes may use.
const LOCK: i64 = 0x6166_7465_726d;

/// Makes the template unless the server has it, and returns its name. The name says the
/// migrations apart by their content, so that it is never stale.
pub(crate) async fn prepare(server: &Url) -> Result<String, Failure> {
    let migrator = Migrator::new(Path::new(MIGRATIONS)).await?;
    let name = format!("aftermatch_template_{:016x}", fingerprint(&migrator));
    let mut connection = connect(server.as_str()).await?;
    sqlx::query("SELECT pg_advisory_lock($1)")
        .bind(LOCK)
        .execute(&mut connection)
        .await?;
    let known: bool =
        sqlx::query_scalar("SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)")
            .bind(&name)
            .fetch_one(&mut connection)
            .await?;
    if !known {
        make(&mut connection, server, &name, &migrator).await?;
    }
    // The lock goes with the connection.
    connection.close().await?;
    Ok(name)
}

fn fingerprint(migrator: &Migrator) -> u64 {
    let mut hasher = DefaultHasher::new();
    for migration in migrator.iter() {
        (
            migration.version,
            &migration.description,
            &migration.checksum,
        )
            .hash(&mut hasher);
    }
    hasher.finish()
}

/// Migrates under another name, so that a template is whole from the moment it is seen.
async fn make(
    connection: &mut PgConnection,
    server: &Url,
    name: &str,
    migrator: &Migrator,
) -> Result<(), Failure> {
    let making = format!("{name}_making");
    for statement in [
        format!("DROP DATABASE IF EXISTS {making} WITH (FORCE)"),
        format!("CREATE DATABASE {making}"),
    ] {
        sqlx::raw_sql(AssertSqlSafe(statement))
            .execute(&mut *connection)
            .await?;
    }
    let mut url = server.clone();
    url.set_path(&making);
    let mut migrated = connect(url.as_str()).await?;
    migrator.run(&mut migrated).await?;
    migrated.close().await?;
    for statement in [
        // A database cannot be copied while somebody is connected to it.
        format!("ALTER DATABASE {making} WITH ALLOW_CONNECTIONS false"),
        format!("ALTER DATABASE {making} RENAME TO {name}"),
    ] {
        sqlx::raw_sql(AssertSqlSafe(statement))
            .execute(&mut *connection)
            .await?;
    }
    Ok(())
}
