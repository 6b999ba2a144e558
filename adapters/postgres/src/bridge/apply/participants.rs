use sqlx::{Error, PgConnection};

use super::Applied;
use crate::bridge::{
    mapping::Target,
    objects::named,
    sql::{Bridge, query_as},
};

/// $1 rooms. Returns rooms with brands that are not here yet. A room that is not here gets
/// its participants when it is added.
const APPLY: &str = "
    WITH there AS MATERIALIZED ({there}), ready AS MATERIALIZED (
        SELECT t.room_id, t.brand_id, t.position
        FROM there t JOIN {rooms} r ON r.id = t.room_id JOIN {brands} b ON b.id = t.brand_id
    ), gone AS (
        DELETE FROM {participants} o WHERE o.room_id = ANY ($1) AND NOT EXISTS (
            SELECT FROM ready t WHERE (t.room_id, t.brand_id) = (o.room_id, o.brand_id)
        )
    ), put AS (
        INSERT INTO {participants} AS o (room_id, brand_id, position)
        SELECT room_id, brand_id, position FROM ready
        ON CONFLICT (room_id, brand_id) DO UPDATE SET position = EXCLUDED.position
        WHERE o.position <> EXCLUDED.position
    )
    SELECT t.room_id, min(t.brand_id) FROM there t JOIN {rooms} r ON r.id = t.room_id
    WHERE NOT EXISTS (SELECT FROM {brands} b WHERE b.id = t.brand_id)
    GROUP BY t.room_id";

pub(super) async fn apply(
    bridge: &Bridge,
    connection: &mut PgConnection,
    keys: &[i64],
) -> Result<Applied, Error> {
    let there = bridge.select(Target::Participants, "q.room_id = ANY ($1)");
    let waiting: Vec<(i64, Option<i64>)> =
        query_as(named(bridge, APPLY).replace("{there}", &there))
            .bind(keys)
            .fetch_all(connection)
            .await?;
    let waiting = waiting.into_iter().map(|(room, brand)| {
        let brand = brand.map_or_else(|| "without an id".to_owned(), |brand| brand.to_string());
        let why = format!("room {room} has brand {brand}, which is not here");
        (Target::Participants, room, why)
    });
    Ok(Applied {
        waiting: waiting.collect(),
        ..Applied::default()
    })
}
