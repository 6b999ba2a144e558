use sqlx::{Error, PgConnection};

use super::Applied;
use crate::bridge::{
    mapping::Target,
    sql::{Bridge, query},
};

/// Of users or of brands. One that is not here gets its profile when it is added.
pub(super) async fn apply(
    bridge: &Bridge,
    connection: &mut PgConnection,
    target: Target,
    keys: &[i64],
) -> Result<Applied, Error> {
    let table = match target {
        Target::UserProfiles => bridge.ours("users"),
        _ => bridge.ours("brands"),
    };
    let there = bridge.select(target, "q.id = ANY ($1)");
    let sql = format!(
        "UPDATE {table} o SET profile = t.profile
         FROM (SELECT id, COALESCE(profile, '{{}}') AS profile FROM ({there}) t) t
         WHERE o.id = t.id AND o.profile::text IS DISTINCT FROM t.profile::text"
    );
    query(sql).bind(keys).execute(connection).await?;
    Ok(Applied::default())
}
