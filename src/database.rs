//! The database: opened to serve, migrated, filled.

use std::{io::Write, time::Duration};

use aftermatch_postgres::{MigrateError, Options, Postgres, Progress};
use anyhow::Context;

use crate::settings::{self, Database, Import};

/// Said before what is wrong with a database.
const CANNOT_USE: &str = "cannot use the database (DATABASE_URL)";

/// How long to wait before asking a database again that was away.
const PAUSE: Duration = Duration::from_secs(1);

/// Opens the store as soon as the database is there, and migrates it first
/// unless told not to.
pub(crate) async fn open(options: &Options, migrate: bool) -> anyhow::Result<Postgres> {
    loop {
        match try_open(options, migrate).await {
            Ok(store) => return Ok(store),
            Err(MigrateError::Database(error)) if aftermatch_postgres::is_transient(&error) => {
                tracing::warn!(%error, "the database is away: trying again every second");
                tokio::time::sleep(PAUSE).await;
            }
            Err(error) => return Err(error).context(CANNOT_USE),
        }
    }
}

async fn try_open(options: &Options, migrate: bool) -> Result<Postgres, MigrateError> {
    if migrate {
        aftermatch_postgres::migrate(options).await?;
    } else {
        aftermatch_postgres::check(options).await?;
    }
    Ok(Postgres::connect(options).await?)
}

/// `aftermatch migrate`.
#[tokio::main(flavor = "current_thread")]
pub(crate) async fn migrate(arguments: &Database) -> anyhow::Result<()> {
    let migrated = aftermatch_postgres::migrate(&arguments.needed()?).await;
    migrated.context(CANNOT_USE)?;
    writeln!(std::io::stdout(), "the database is up to date")?;
    Ok(())
}

/// `aftermatch import`.
#[tokio::main(flavor = "current_thread")]
pub(crate) async fn import(arguments: &Import) -> anyhow::Result<()> {
    let options = arguments.database.needed()?;
    let world = settings::world(Some(&arguments.file))?;
    let migrated = aftermatch_postgres::migrate(&options).await;
    migrated.context(CANNOT_USE)?;
    let tell = |Progress { list, done, of }| {
        let _ = writeln!(std::io::stderr(), "{list}: {done} of {of}");
    };
    let imported = aftermatch_postgres::import(&options, &world, tell).await?;
    writeln!(
        std::io::stdout(),
        "added or changed: {} users, {} brands, {} rooms, {} messages",
        imported.users,
        imported.brands,
        imported.rooms,
        imported.messages
    )?;
    Ok(())
}
