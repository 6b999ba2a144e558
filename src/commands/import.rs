//! `aftermatch import`.

use std::io::Write;

use aftermatch_postgres::Progress;
use anyhow::Context;

use crate::settings::{self, CANNOT_USE, Import};

#[tokio::main(flavor = "current_thread")]
pub(super) async fn run(settings: &Import) -> anyhow::Result<()> {
    let options = settings.database.required()?;
    let world = settings::read_world(Some(&settings.file))?;
    let migrated = aftermatch_postgres::migrate(&options).await;
    migrated.context(CANNOT_USE)?;
    let imported = aftermatch_postgres::import(&options, &world, print_progress).await?;
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

/// Progress goes to standard error, so that standard output has only the result.
fn print_progress(Progress { list, done, of }: Progress) {
    let _ = writeln!(std::io::stderr(), "{list}: {done} of {of}");
}
