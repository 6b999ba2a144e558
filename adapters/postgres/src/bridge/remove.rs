use sqlx::{Connection, PgConnection};

use super::{
    install::PATIENCE,
    locked::patiently,
    mapping::Mapping,
    objects,
    sql::{self, Bridge, BridgeError},
    triggers,
};
use crate::options::Options;

/// Removes the triggers from the platform's tables, and the tables of the bridge. What was
/// brought into the chat stays. Can be repeated.
///
/// # Errors
/// The database is unreachable, or a table stayed locked.
pub async fn remove(options: &Options, mapping: &Mapping) -> Result<(), BridgeError> {
    let limit = PATIENCE * options.statement_timeout;
    let (mut connection, bridge) = Bridge::open(options, mapping, limit).await?;
    // First the tables: without them, a service that runs makes no triggers again.
    patiently(&mut connection, async |transaction: &mut PgConnection| {
        sql::lock(transaction, true).await?;
        objects::drop(&bridge, transaction).await
    })
    .await?;
    triggers::drop_others(&bridge, &mut connection, &[]).await?;
    connection.close().await?;
    Ok(())
}
