use std::time::Duration;

use sqlx::Error;

use crate::store::Postgres;

/// Longer than any log: beyond it times would leave the calendar of Postgres.
const LONGEST: Duration = Duration::from_secs(1_000 * 365 * 24 * 60 * 60);

/// Forgets the texts that the events before $1 microseconds ago took away, of the $2
/// oldest, and the attachments of messages that these events deleted. Several processes purge
/// at the same time, each other rows.
///
/// It waits for no lock, so that it is never in the way of a room that is removed: that locks
/// messages first and then events. An event with a message that is locked stays for later.
const PURGE: &str = "
    WITH due AS MATERIALIZED (
        SELECT room_id, seq, kind, message_ids FROM events
        WHERE replaced IS NOT NULL AND at < now() - $1 * interval '1 microsecond'
        ORDER BY at LIMIT $2
        FOR UPDATE SKIP LOCKED
    ), attached AS MATERIALIZED (
        SELECT due.room_id, due.seq, m.id
        FROM due CROSS JOIN LATERAL unnest(due.message_ids) AS named(id) CROSS JOIN LATERAL (
            SELECT id FROM messages
            WHERE id = named.id AND room_id = due.room_id AND attachments IS NOT NULL LIMIT 1
        ) m
        WHERE due.kind = 'deleted'
    ), locked AS MATERIALIZED (
        SELECT m.id FROM attached a CROSS JOIN LATERAL (
            SELECT id FROM messages WHERE id = a.id AND room_id = a.room_id LIMIT 1
            FOR UPDATE SKIP LOCKED
        ) m
    ), forgotten AS (
        UPDATE messages SET attachments = NULL WHERE id = ANY (ARRAY(SELECT id FROM locked))
    )
    UPDATE events SET replaced = NULL FROM due
    WHERE events.room_id = due.room_id AND events.seq = due.seq AND NOT EXISTS (
        SELECT FROM attached a WHERE a.room_id = due.room_id AND a.seq = due.seq
          AND a.id NOT IN (SELECT id FROM locked)
    )";

#[tracing::instrument(name = "db.event.purge", level = "debug", skip_all, fields(limit))]
pub(super) async fn purge(store: &Postgres, keep: Duration, limit: usize) -> Result<usize, Error> {
    let keep = i64::try_from(keep.min(LONGEST).as_micros()).unwrap_or(i64::MAX);
    let query = sqlx::query(PURGE)
        .bind(keep)
        .bind(i64::try_from(limit).unwrap_or(i64::MAX));
    let purged = store.with_timeout(query.execute(&store.pool)).await?;
    Ok(usize::try_from(purged.rows_affected()).unwrap_or(usize::MAX))
}
