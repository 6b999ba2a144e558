use sqlx::{Error, PgConnection};

use super::Applied;
use crate::bridge::{
    mapping::Target,
    objects::named,
    sql::{Bridge, query_as},
};

/// $1 the ids. Returns those whose users are not here yet. A brand that is removed and one
/// that takes its place are in one statement: the constraint on the users of brands is
/// checked at its end.
const APPLY: &str = "
    WITH there AS MATERIALIZED ({there}), gone AS (
        DELETE FROM {brands} o WHERE o.id = ANY ($1)
          AND NOT EXISTS (SELECT FROM there t WHERE t.id = o.id)
    ), put AS (
        INSERT INTO {brands} AS o (id, user_id, tariff, tariff_until)
        SELECT t.id, t.user_id, t.tariff, t.tariff_until
        FROM there t JOIN {users} u ON u.id = t.user_id
        ON CONFLICT (id) DO UPDATE SET user_id = EXCLUDED.user_id, tariff = EXCLUDED.tariff,
            tariff_until = EXCLUDED.tariff_until
        WHERE (o.user_id, o.tariff, o.tariff_until)
            IS DISTINCT FROM (EXCLUDED.user_id, EXCLUDED.tariff, EXCLUDED.tariff_until)
    )
    SELECT t.id, t.user_id FROM there t
    WHERE NOT EXISTS (SELECT FROM {users} u WHERE u.id = t.user_id)";

/// $1 the ids. Brands here of the users that these brands have there: they have others by now, and
/// must give them up in the same statement, whether or not they have moved.
const HOLDERS: &str = "
    SELECT o.id FROM ({there}) t JOIN {brands} o ON o.user_id = t.user_id
    WHERE o.id <> ALL ($1)";

pub(super) async fn apply(
    bridge: &Bridge,
    connection: &mut PgConnection,
    keys: &[i64],
) -> Result<Applied, Error> {
    let there = bridge.select(Target::Brands, "q.id = ANY ($1)");
    let with_there = |sql| named(bridge, sql).replace("{there}", &there);
    let mut keys = keys.to_vec();
    loop {
        let holders: Vec<(i64,)> = query_as(with_there(HOLDERS))
            .bind(&keys)
            .fetch_all(&mut *connection)
            .await?;
        if holders.is_empty() {
            break;
        }
        keys.extend(holders.into_iter().map(|(id,)| id));
    }
    let waiting: Vec<(i64, Option<i64>)> = query_as(with_there(APPLY))
        .bind(&keys)
        .fetch_all(connection)
        .await?;
    let waiting = waiting.into_iter().map(|(id, user)| {
        let why = match user {
            Some(user) => format!("brand {id} is of user {user}, who is not here"),
            None => format!("brand {id} has no user"),
        };
        (Target::Brands, id, why)
    });
    Ok(Applied {
        waiting: waiting.collect(),
        ..Applied::default()
    })
}
