//! The quick way to keep a batch: all of it, or nothing.
//!
//! Nearly always everything holds that a batch was judged by, and nobody else
//! has any of its rooms locked. Then it is enough to compare lists, once for the
//! whole batch, where the careful way joins, sorts and counts for each message.

use sqlx::{Error, FromRow, PgConnection};
use time::OffsetDateTime;

use super::{
    Job,
    batch::{Kept, column},
    carefully::firsts,
};

/// Keeps all messages, or none. $1 are the rooms, ascending, $2 their revisions
/// and $3 how many messages each gets; $4 the users, ascending, and $5 their
/// revisions; the others are of each message: $6 the place of its room in $1, $7
/// its place among those of the room, then what is kept.
const ALL: &str = "
    WITH held AS MATERIALIZED (
        SELECT r.seqs FROM (
            SELECT array_agg(revision) AS revisions, array_agg(last_seq) AS seqs FROM (
                SELECT revision, last_seq FROM rooms WHERE id = ANY ($1) ORDER BY id
                FOR NO KEY UPDATE SKIP LOCKED
            ) locked
        ) r
        WHERE r.revisions = $2 AND $5 = (
            SELECT array_agg(revision) FROM (
                SELECT revision FROM users WHERE id = ANY ($4) ORDER BY id FOR SHARE SKIP LOCKED
            ) locked
        )
    ), moved AS (
        -- width_bucket: the place of the room, by bisection.
        UPDATE rooms SET last_seq = last_seq + ($3::bigint[])[width_bucket(id, $1::bigint[])]
        WHERE id = ANY ($1) AND EXISTS (SELECT FROM held)
    )
    INSERT INTO messages (room_id, user_id, text, created_at, seq, changed_seq, client_msg_id)
    SELECT ($1::bigint[])[a.room], a.user_id, a.text, a.created_at, n.seq, n.seq, a.client_msg_id
    FROM held,
         UNNEST($6::bigint[], $7::bigint[], $8::bigint[],
                $9::text[], $10::timestamptz[], $11::text[])
             AS a(room, nth, user_id, text, created_at, client_msg_id),
         LATERAL (SELECT held.seqs[a.room] + a.nth AS seq) n
    RETURNING room_id, seq, id";

#[derive(FromRow)]
struct Row {
    room_id: i64,
    seq: i64,
    id: i64,
}

/// Keeps all of `jobs`. `None`: not one was kept, and it takes a closer look to
/// tell which of them can be.
pub(super) async fn keep(
    connection: &mut PgConnection,
    jobs: &[Job],
) -> Result<Option<Vec<Kept>>, Error> {
    let guards = || jobs.iter().map(|job| job.guard);
    let rooms = agreed(guards().map(|guard| (guard.room.0, guard.room_revision.0)));
    let users = agreed(guards().map(|guard| (guard.user.0, guard.user_revision.0)));
    let (Some((rooms, room_revisions)), Some((users, user_revisions))) = (rooms, users) else {
        return Ok(None);
    };
    if firsts(jobs).1.len() < jobs.len() {
        return Ok(None);
    }
    // Room by room, those of a room as they came.
    let mut sorted: Vec<_> = (1_i64..).zip(jobs).collect();
    sorted.sort_by_key(|(_, job)| job.guard.room);
    let (places, sorted): (Vec<_>, Vec<_>) = sorted.into_iter().unzip();
    let (mut of_room, mut nth, mut counts) = (Vec::new(), Vec::new(), Vec::new());
    let runs = sorted.chunk_by(|one, next| one.guard.room == next.guard.room);
    for (room, run) in (1_i64..).zip(runs) {
        let mut count = 0_i64;
        for _ in run {
            count += 1;
            of_room.push(room);
            nth.push(count);
        }
        counts.push(count);
    }
    let query = sqlx::query_as::<_, Row>(ALL)
        .bind(rooms)
        .bind(room_revisions)
        .bind(counts)
        .bind(users)
        .bind(user_revisions)
        .bind(of_room)
        .bind(nth)
        .bind(column(&sorted, |job| job.guard.user.0))
        .bind(column(&sorted, |job| job.draft.text.as_str()))
        .bind(column(&sorted, |job| OffsetDateTime::from(job.at)))
        .bind(column(&sorted, Job::name));
    let mut rows = match query.fetch_all(connection).await {
        Ok(rows) if rows.is_empty() => return Ok(None),
        Ok(rows) => rows,
        // A name is known already.
        Err(Error::Database(error)) if error.is_unique_violation() => return Ok(None),
        Err(error) => return Err(error),
    };
    // The order of rows is not promised.
    rows.sort_unstable_by_key(|row| (row.room_id, row.seq));
    let kept = places.into_iter().zip(rows);
    let kept = kept.map(|(place, Row { id, seq, .. })| Kept { place, id, seq });
    Ok(Some(kept.collect()))
}

/// The ids, ascending, each once, and their revisions. `None`: there are two
/// revisions of one id.
fn agreed(pairs: impl Iterator<Item = (i64, i64)>) -> Option<(Vec<i64>, Vec<i64>)> {
    let mut pairs: Vec<_> = pairs.collect();
    pairs.sort_unstable();
    pairs.dedup();
    pairs
        .is_sorted_by(|(one, _), (next, _)| one < next)
        .then(|| pairs.into_iter().unzip())
}
