//! Announces events of the bridge to all processes, this one included, as events that the
//! platform writes by SQL: how far the logs of their rooms go.

use std::collections::HashSet;

use sqlx::{Error, PgConnection};

use super::sql::{Bridge, query};

/// At the commit.
pub(super) async fn written(
    bridge: &Bridge,
    connection: &mut PgConnection,
    rooms: &HashSet<i64>,
) -> Result<(), Error> {
    if rooms.is_empty() {
        return Ok(());
    }
    let rooms: Vec<_> = rooms.iter().copied().collect();
    let announce = format!("SELECT {}($1)", bridge.ours("aftermatch_announce"));
    query(announce).bind(rooms).execute(connection).await?;
    Ok(())
}
