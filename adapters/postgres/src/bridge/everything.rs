//! Marks of everything of a target.

use std::collections::HashSet;

use sqlx::{Error, PgConnection};

use super::{
    mapping::Target,
    marks,
    objects::named,
    sql::{Bridge, query, query_as},
};

/// Earlier versions noted it as a mark.
const SOURCES: &str = "
    WITH noted AS (DELETE FROM {noted} WHERE keys IS NULL RETURNING source),
    moved AS (
        DELETE FROM {moved} WHERE target IS NULL AND key IS NULL AND source IS NOT NULL
        RETURNING source
    )
    SELECT source FROM noted UNION SELECT source FROM moved";

/// One that has not begun will do it all.
const EVERYTHING: &str = "
    INSERT INTO {moved} (target) SELECT t FROM UNNEST($1::text[]) AS t
    WHERE NOT EXISTS (
        SELECT FROM {moved} WHERE target = t AND source IS NULL AND key IS NULL AND upto IS NULL
    )";

const TARGETS: &str =
    "SELECT DISTINCT target FROM {moved} WHERE target IS NOT NULL AND key IS NULL";

/// Marks everything of these targets.
pub(crate) async fn mark(
    bridge: &Bridge,
    connection: &mut PgConnection,
    targets: impl Iterator<Item = Target>,
) -> Result<(), Error> {
    let with_query = targets.filter(|target| bridge.mapping.query(*target).is_some());
    let names: Vec<_> = with_query
        .map(|target| match target {
            // By room, so that they are numbered in their order.
            Target::Messages => Target::History.name(),
            target => target.name(),
        })
        .collect();
    query(named(bridge, EVERYTHING))
        .bind(names)
        .execute(connection)
        .await?;
    Ok(())
}

/// Marks everything of what a source moves, where everything of a source is marked.
pub(crate) async fn expand(bridge: &Bridge, connection: &mut PgConnection) -> Result<(), Error> {
    let names: Vec<(String,)> = query_as(named(bridge, SOURCES))
        .fetch_all(&mut *connection)
        .await?;
    let names: HashSet<_> = names.into_iter().map(|(name,)| name).collect();
    for name in names {
        if let Some(source) = marks::source(&bridge.mapping, &name) {
            let targets = source.targets.iter().map(|(target, _)| *target);
            mark(bridge, connection, targets).await?;
        }
    }
    Ok(())
}

/// Targets of which everything is marked.
pub(crate) async fn targets(
    bridge: &Bridge,
    connection: &mut PgConnection,
) -> Result<HashSet<Target>, Error> {
    let names: Vec<(String,)> = query_as(named(bridge, TARGETS))
        .fetch_all(connection)
        .await?;
    let targets = names.iter().filter_map(|(name,)| Target::of_name(name));
    Ok(targets.collect())
}
