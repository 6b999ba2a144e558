//! What the platform's statements noted, as marks.

use sqlx::{Error, FromRow, PgConnection};
use time::OffsetDateTime;

use super::{
    marks::Mark,
    objects::named,
    sql::{Bridge, query_as},
};

/// The oldest, as many as have $1 keys together, or a few more.
const TAKE: &str = "
    WITH oldest AS (
        SELECT id FROM (
            SELECT id, sum(number) OVER (ORDER BY id) - number AS before
            FROM (SELECT id, number FROM {noted} WHERE keys IS NOT NULL ORDER BY id LIMIT $1) n
        ) s WHERE before < $1
    ), taken AS (
        DELETE FROM {noted} WHERE id IN (SELECT id FROM oldest) RETURNING source, keys, at
    )
    SELECT source, key, at FROM taken CROSS JOIN UNNEST(keys) AS k(key)";

/// $1 sources. However many others come before them.
const OF: &str = "
    SELECT source, key, at FROM {noted} CROSS JOIN UNNEST(keys) AS k(key)
    WHERE source = ANY ($1) ORDER BY id LIMIT $2";

#[derive(FromRow)]
struct Noted {
    source: String,
    key: String,
    at: OffsetDateTime,
}

/// Takes the oldest notes, about `portion` keys: they go with the transaction.
pub(crate) async fn take(
    bridge: &Bridge,
    connection: &mut PgConnection,
    portion: i64,
) -> Result<Vec<Mark>, Error> {
    let noted = query_as(named(bridge, TAKE))
        .bind(portion)
        .fetch_all(connection)
        .await?;
    Ok(noted.into_iter().map(mark).collect())
}

/// Reads notes of these sources, at most `portion` keys.
pub(crate) async fn of(
    bridge: &Bridge,
    connection: &mut PgConnection,
    sources: &[String],
    portion: i64,
) -> Result<Vec<Mark>, Error> {
    let noted = query_as(named(bridge, OF))
        .bind(sources)
        .bind(portion)
        .fetch_all(connection)
        .await?;
    Ok(noted.into_iter().map(mark).collect())
}

fn mark(noted: Noted) -> Mark {
    Mark {
        id: None,
        source: Some(noted.source),
        target: None,
        key: noted.key,
        at: noted.at,
        tries: 0,
    }
}
