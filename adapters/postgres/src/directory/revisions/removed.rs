use sqlx::Error;

use crate::store::Postgres;

/// Removes at most $1 rows that are older than a day. They are numbered in the order
/// of time, more or less, so the oldest are found without an index of times.
/// `SKIP LOCKED`: another process may be doing the same.
const PURGE: &str = "
    WITH oldest AS MATERIALIZED (
        SELECT revision, at FROM removed ORDER BY revision LIMIT $1
    ), due AS MATERIALIZED (
        SELECT revision FROM removed
        WHERE revision IN (SELECT revision FROM oldest WHERE at < now() - interval '1 day')
        FOR UPDATE SKIP LOCKED
    )
    DELETE FROM removed WHERE revision IN (SELECT revision FROM due)";

/// Forgets users and rooms that were removed more than a day ago: every recheck has
/// reported them long since. Returns how many: fewer than `limit` if no more are due.
#[tracing::instrument(name = "db.removed.purge", level = "debug", skip_all, fields(limit))]
pub(crate) async fn purge(store: &Postgres, limit: usize) -> Result<usize, Error> {
    let query = sqlx::query(PURGE).bind(i64::try_from(limit).unwrap_or(i64::MAX));
    let purged = store.with_timeout(query.execute(&store.pool)).await?;
    Ok(usize::try_from(purged.rows_affected()).unwrap_or(usize::MAX))
}
