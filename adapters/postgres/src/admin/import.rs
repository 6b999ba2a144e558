//! Imports a whole world in one transaction.

mod directory;
pub(crate) mod error;
mod messages;
pub(crate) mod progress;

use aftermatch_ports::model::World;
use sqlx::Connection;

use self::{error::ImportError, progress::Progress};
use crate::{
    options::Options,
    session::{self, Settings},
};

/// Every process compares everything: imported messages have ids that are not new.
const NOTIFY: &str = "SELECT pg_notify('chat_rights', 'everything')";

/// What an import changed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Imported {
    /// Users that were added or changed.
    pub users: u64,
    /// Brands that were added or changed.
    pub brands: u64,
    /// Rooms that were added or changed, or whose participants changed.
    pub rooms: u64,
    /// Messages that were added or changed.
    pub messages: u64,
}

/// Imports `world`: adds what is new and updates what has changed. Rows that the
/// world does not contain stay as they are. A message keeps its id; one that was
/// edited or deleted in the database stays so. A message without an id is the one
/// with the same room, author and millisecond.
///
/// # Errors
/// See [`ImportError`].
#[tracing::instrument(name = "db.world.import", level = "debug", skip_all)]
pub async fn import(
    options: &Options,
    world: &World,
    mut progress: impl FnMut(Progress),
) -> Result<Imported, ImportError> {
    let (mut connection, _) =
        session::open(&options.connect_options()?, &Settings::of_imports()).await?;
    let mut transaction = connection.begin().await?;
    sqlx::query("SET CONSTRAINTS ALL DEFERRED")
        .execute(&mut *transaction)
        .await?;
    let imported = Imported {
        users: directory::users(&mut transaction, world, &mut progress).await?,
        brands: directory::brands(&mut transaction, world, &mut progress).await?,
        rooms: directory::rooms(&mut transaction, world, &mut progress).await?,
        messages: messages::import(&mut transaction, world, &mut progress).await?,
    };
    sqlx::query(NOTIFY).execute(&mut *transaction).await?;
    transaction.commit().await?;
    connection.close().await?;
    Ok(imported)
}
