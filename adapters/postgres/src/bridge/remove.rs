use sqlx::Connection;

use super::{
    mapping::Mapping,
    objects,
    sql::{Bridge, BridgeError},
    triggers,
};
use crate::options::Options;

/// Removes the triggers from the platform's tables, and the tables of the bridge. What was
/// brought into the chat stays. Can be repeated.
///
/// # Errors
/// The database is unreachable, or a table stayed locked.
pub async fn remove(options: &Options, mapping: &Mapping) -> Result<(), BridgeError> {
    let (mut connection, bridge) =
        Bridge::open(options, mapping, options.statement_timeout).await?;
    triggers::drop_others(&bridge, &mut connection, &[]).await?;
    let mut transaction = connection.begin().await?;
    objects::drop(&bridge, &mut transaction).await?;
    transaction.commit().await?;
    connection.close().await?;
    Ok(())
}
