//! What has moved and is not applied.

use std::collections::HashMap;

use sqlx::{Error, FromRow, PgConnection};
use time::OffsetDateTime;

use super::{
    mapping::{Mapping, Source, Target},
    objects::named,
    sql::{Bridge, query, query_as},
};

/// The most marks of one round.
pub(crate) const PORTION: i64 = 5_000;

const DUE: &str = "
    SELECT id, source, target, key, at, tries FROM {moved}
    WHERE after <= now() AND key IS NOT NULL ORDER BY after, id LIMIT $1";

/// $2 sources. However many others come before them.
const DUE_OF_USERS: &str = "
    SELECT id, source, target, key, at, tries FROM {moved}
    WHERE after <= now() AND key IS NOT NULL
      AND (source = ANY ($2) AND (target IS NULL OR target = 'users')
           OR source IS NULL AND target = 'users')
    ORDER BY after, id LIMIT $1";

const DONE: &str = "DELETE FROM {moved} WHERE id = ANY ($1)";

/// Marks of their own for these keys, older ones: what was applied again has no need of
/// them, and what waits gets a new one.
const SETTLED: &str = "
    DELETE FROM {moved} m USING UNNEST($1::text[], $2::text[]) AS k(target, key)
    WHERE m.source IS NULL AND m.target = k.target AND m.key = k.key";

/// Tried again after 0.4 s, then after twice as much each time, up to a minute.
const WAIT: &str = "
    INSERT INTO {moved} (source, target, key, at, tries, after, error)
    SELECT source, target, key, COALESCE(at, clock_timestamp()), tries,
           now() + LEAST(interval '1 min', interval '0.2 s' * 2 ^ LEAST(tries, 10)), error
    FROM UNNEST($1::text[], $2::text[], $3::text[], $4::timestamptz[], $5::integer[], $6::text[])
         AS t(source, target, key, at, tries, error)";

/// A mark with a key.
#[derive(Debug, Clone, FromRow)]
pub(crate) struct Mark {
    /// `None`: it was noted, and never stored by itself.
    pub(crate) id: Option<i64>,
    /// The name of the source, if it is of a row of the platform.
    pub(crate) source: Option<String>,
    /// What alone is to be applied.
    pub(crate) target: Option<String>,
    pub(crate) key: String,
    pub(crate) at: OffsetDateTime,
    pub(crate) tries: i32,
}

/// What is tried again later.
pub(crate) struct Waiting {
    pub(crate) source: Option<String>,
    pub(crate) target: Target,
    pub(crate) key: String,
    /// `None`: since now.
    pub(crate) at: Option<OffsetDateTime>,
    pub(crate) tries: i32,
    pub(crate) error: String,
}

/// Those that are due, at most `portion`.
pub(crate) async fn due(
    bridge: &Bridge,
    connection: &mut PgConnection,
    portion: i64,
) -> Result<Vec<Mark>, Error> {
    query_as(named(bridge, DUE))
        .bind(portion)
        .fetch_all(connection)
        .await
}

/// Those that are due and move rights of users. `sources`: their names.
pub(crate) async fn due_of_users(
    bridge: &Bridge,
    connection: &mut PgConnection,
    sources: &[String],
) -> Result<Vec<Mark>, Error> {
    query_as(named(bridge, DUE_OF_USERS))
        .bind(PORTION)
        .bind(sources)
        .fetch_all(connection)
        .await
}

/// Deletes marks.
pub(crate) async fn done(
    bridge: &Bridge,
    connection: &mut PgConnection,
    marks: &[Mark],
) -> Result<(), Error> {
    let ids: Vec<_> = marks.iter().filter_map(|mark| mark.id).collect();
    query(named(bridge, DONE))
        .bind(ids)
        .execute(connection)
        .await?;
    Ok(())
}

/// Deletes other marks of these keys of targets.
pub(crate) async fn settled(
    bridge: &Bridge,
    connection: &mut PgConnection,
    keys: impl Iterator<Item = (Target, i64)>,
) -> Result<(), Error> {
    let (targets, keys): (Vec<_>, Vec<_>) = keys
        .map(|(target, key)| (target.name(), key.to_string()))
        .unzip();
    query(named(bridge, SETTLED))
        .bind(targets)
        .bind(keys)
        .execute(connection)
        .await?;
    Ok(())
}

/// Marks what is tried again later.
pub(crate) async fn wait(
    bridge: &Bridge,
    connection: &mut PgConnection,
    waiting: &[Waiting],
) -> Result<(), Error> {
    if waiting.is_empty() {
        return Ok(());
    }
    let all = waiting.iter();
    query(named(bridge, WAIT))
        .bind(
            all.clone()
                .map(|mark| mark.source.clone())
                .collect::<Vec<_>>(),
        )
        .bind(
            all.clone()
                .map(|mark| mark.target.name())
                .collect::<Vec<_>>(),
        )
        .bind(all.clone().map(|mark| mark.key.clone()).collect::<Vec<_>>())
        .bind(all.clone().map(|mark| mark.at).collect::<Vec<_>>())
        .bind(all.clone().map(|mark| mark.tries).collect::<Vec<_>>())
        .bind(all.map(|mark| mark.error.clone()).collect::<Vec<_>>())
        .execute(connection)
        .await?;
    Ok(())
}

/// How often something was tried, and since when it waits.
pub(crate) type Tried<K> = HashMap<K, (i32, OffsetDateTime)>;

/// The source of this name. `None`: the mapping no longer has it.
pub(crate) fn source<'m>(mapping: &'m Mapping, name: &str) -> Option<&'m Source> {
    mapping.sources.iter().find(|source| source.name() == name)
}
