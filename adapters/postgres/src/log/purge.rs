use std::time::Duration;

use sqlx::Error;

use crate::store::Postgres;

/// Longer than any log: beyond it times would leave the calendar of Postgres.
const LONGEST: Duration = Duration::from_secs(1_000 * 365 * 24 * 60 * 60);

/// Forgets the texts that the events before $1 microseconds ago took away, of the $2
/// oldest. Several processes purge at the same time, each other rows.
const PURGE: &str = "
    WITH due AS MATERIALIZED (
        SELECT room_id, seq FROM events
        WHERE replaced IS NOT NULL AND at < now() - $1 * interval '1 microsecond'
        ORDER BY at LIMIT $2
        FOR UPDATE SKIP LOCKED
    )
    UPDATE events SET replaced = NULL FROM due
    WHERE events.room_id = due.room_id AND events.seq = due.seq";

#[tracing::instrument(name = "db.event.purge", level = "debug", skip_all, fields(limit))]
pub(super) async fn purge(store: &Postgres, keep: Duration, limit: usize) -> Result<usize, Error> {
    let keep = i64::try_from(keep.min(LONGEST).as_micros()).unwrap_or(i64::MAX);
    let query = sqlx::query(PURGE)
        .bind(keep)
        .bind(i64::try_from(limit).unwrap_or(i64::MAX));
    let purged = store.with_timeout(query.execute(&store.pool)).await?;
    Ok(usize::try_from(purged.rows_affected()).unwrap_or(usize::MAX))
}
