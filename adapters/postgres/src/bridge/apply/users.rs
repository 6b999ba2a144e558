use sqlx::{Error, PgConnection};

use super::Applied;
use crate::bridge::{
    mapping::Target,
    objects::named,
    sql::{Bridge, query_as},
};

/// $1 the ids, $2 the ghost. Returns those that the platform no longer has.
const RIGHTS: &str = "
    WITH there AS MATERIALIZED ({there}), put AS (
        INSERT INTO {users} AS o (id, active, admin)
        SELECT id, COALESCE(active, false), COALESCE(admin, false) FROM there
        ON CONFLICT (id) DO UPDATE SET active = EXCLUDED.active, admin = EXCLUDED.admin
        WHERE (o.active, o.admin) IS DISTINCT FROM (EXCLUDED.active, EXCLUDED.admin)
    ), gone AS MATERIALIZED (
        SELECT o.id FROM {users} o WHERE o.id = ANY ($1) AND o.id IS DISTINCT FROM $2
          AND NOT EXISTS (SELECT FROM there t WHERE t.id = o.id)
    ), ended AS (
        UPDATE {users} o SET active = false FROM gone WHERE o.id = gone.id AND o.active
    )
    SELECT id FROM gone";

/// $1 users that the platform no longer has: those who wrote nothing are removed. Returns
/// those who still own a brand.
const REMOVE: &str = "
    WITH silent AS MATERIALIZED (
        SELECT o.id, b.id AS brand FROM {users} o LEFT JOIN {brands} b ON b.user_id = o.id
        WHERE o.id = ANY ($1) AND NOT EXISTS (SELECT FROM {messages} m WHERE m.user_id = o.id)
    ), removed AS (
        DELETE FROM {users} o USING silent s WHERE o.id = s.id AND s.brand IS NULL
    )
    SELECT id, brand FROM silent WHERE brand IS NOT NULL";

pub(super) async fn rights(
    bridge: &Bridge,
    connection: &mut PgConnection,
    keys: &[i64],
) -> Result<Applied, Error> {
    let there = bridge.select(Target::Users, "q.id = ANY ($1)");
    let gone: Vec<(i64,)> = query_as(named(bridge, RIGHTS).replace("{there}", &there))
        .bind(keys)
        .bind(bridge.ghost())
        .fetch_all(connection)
        .await?;
    Ok(Applied {
        gone: gone.into_iter().map(|(id,)| id).collect(),
        ..Applied::default()
    })
}

pub(super) async fn remove(
    bridge: &Bridge,
    connection: &mut PgConnection,
    gone: &[i64],
) -> Result<Vec<(Target, i64, String)>, Error> {
    let owners: Vec<(i64, i64)> = query_as(named(bridge, REMOVE))
        .bind(gone)
        .fetch_all(connection)
        .await?;
    let waiting = owners.into_iter().map(|(id, brand)| {
        let why = format!("user {id} is gone from the query of users, and brand {brand} is not");
        (Target::Users, id, why)
    });
    Ok(waiting.collect())
}
