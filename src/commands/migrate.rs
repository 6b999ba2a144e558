//! `aftermatch migrate`.

use std::io::Write;

use anyhow::Context;

use crate::settings::{CANNOT_USE, Database};

#[tokio::main(flavor = "current_thread")]
pub(super) async fn run(settings: &Database) -> anyhow::Result<()> {
    let migrated = aftermatch_postgres::migrate(&settings.required()?).await;
    migrated.context(CANNOT_USE)?;
    writeln!(std::io::stdout(), "the database is up to date")?;
    Ok(())
}
