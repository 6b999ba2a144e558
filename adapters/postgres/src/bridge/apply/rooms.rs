use sqlx::{Error, PgConnection};

use super::Applied;
use crate::bridge::{
    mapping::Target,
    objects::named,
    sql::{Bridge, query_as},
};

/// $1 the ids. Returns those that were added. `{set}` is for columns beside the id.
const APPLY: &str = "
    WITH there AS MATERIALIZED ({there}), gone AS (
        DELETE FROM {rooms} o WHERE o.id = ANY ($1)
          AND NOT EXISTS (SELECT FROM there t WHERE t.id = o.id)
    ), {set} added AS (
        INSERT INTO {rooms} (id{columns}) SELECT id{columns} FROM there t
        WHERE NOT EXISTS (SELECT FROM {rooms} o WHERE o.id = t.id)
        ON CONFLICT DO NOTHING RETURNING id
    )
    SELECT id FROM added";

pub(super) async fn apply(
    bridge: &Bridge,
    connection: &mut PgConnection,
    keys: &[i64],
) -> Result<Applied, Error> {
    let names: Vec<_> = bridge
        .room_columns
        .iter()
        .map(|(name, _)| name.as_str())
        .collect();
    let list = |prefix: &str| {
        let columns = names.iter().map(|name| format!("{prefix}{name}"));
        columns.collect::<Vec<_>>().join(", ")
    };
    let set = match names.as_slice() {
        [] => String::new(),
        _ => format!(
            "changed AS (
                UPDATE {{rooms}} o SET ({}) = ROW({}) FROM there t
                WHERE o.id = t.id AND ({}) IS DISTINCT FROM ({})
             ),",
            list(""),
            list("t."),
            list("o."),
            list("t.")
        ),
    };
    let columns: String = names.iter().map(|name| format!(", {name}")).collect();
    let sql = APPLY.replace("{set}", &set).replace("{columns}", &columns);
    let there = bridge.select(Target::Rooms, "q.id = ANY ($1)");
    let added: Vec<(i64,)> = query_as(named(bridge, &sql).replace("{there}", &there))
        .bind(keys)
        .fetch_all(connection)
        .await?;
    Ok(Applied {
        added: added.into_iter().map(|(id,)| id).collect(),
        ..Applied::default()
    })
}
