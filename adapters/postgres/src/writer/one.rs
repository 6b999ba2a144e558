//! A message by itself: what is simpler for one is faster for a lone author.

use time::OffsetDateTime;

use super::{
    Job,
    batch::{Kept, Query},
};

/// Keeps a message without a name.
const NAMELESS: &str = "
    WITH r AS MATERIALIZED (
        SELECT last_seq + 1 AS seq FROM rooms, users
        WHERE rooms.id = $1 AND rooms.revision = $2 AND users.id = $3 AND users.revision = $4
        FOR NO KEY UPDATE OF rooms SKIP LOCKED FOR SHARE OF users SKIP LOCKED
    ), moved AS (
        UPDATE rooms SET last_seq = r.seq FROM r WHERE rooms.id = $1
    )
    INSERT INTO messages (room_id, user_id, text, created_at, seq, changed_seq)
    SELECT $1, $3, $5, $6, seq, seq FROM r
    RETURNING 1::bigint AS place, id, seq";

/// Keeps a message, unless there is one of its name.
const NAMED: &str = "
    WITH r AS MATERIALIZED (
        SELECT last_seq + 1 AS seq FROM rooms, users
        WHERE rooms.id = $1 AND rooms.revision = $2 AND users.id = $3 AND users.revision = $4
        FOR NO KEY UPDATE OF rooms SKIP LOCKED FOR SHARE OF users SKIP LOCKED
    ), kept AS (
        INSERT INTO messages
            (room_id, user_id, text, created_at, seq, changed_seq, client_msg_id)
        SELECT $1, $3, $5, $6, seq, seq, $7 FROM r
        ON CONFLICT (room_id, user_id, client_msg_id) WHERE client_msg_id IS NOT NULL
        DO NOTHING
        RETURNING id, seq
    ), moved AS (
        UPDATE rooms SET last_seq = kept.seq FROM kept WHERE rooms.id = $1
    )
    SELECT 1::bigint AS place, id, seq FROM kept";

/// $1 to $4 its guard, $5 its text, $6 its time, $7 its name.
pub(super) fn one(job: &Job) -> Query<'_, Kept> {
    let name = job.name();
    let query = sqlx::query_as(if name.is_some() { NAMED } else { NAMELESS })
        .bind(job.guard.room.0)
        .bind(job.guard.room_revision.0)
        .bind(job.guard.user.0)
        .bind(job.guard.user_revision.0)
        .bind(job.draft.text.as_str())
        .bind(OffsetDateTime::from(job.at));
    match name {
        Some(name) => query.bind(name),
        None => query,
    }
}
