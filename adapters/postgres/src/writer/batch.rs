use aftermatch_ports::{
    Created, Written,
    model::{MessageId, Seq},
};
use sqlx::{Error, FromRow, PgConnection};
use time::OffsetDateTime;

use super::Job;
use crate::patience::Attempt;

/// One row for each message, by its place in what was sent. `seq` is there if it
/// was kept; if not, `holds` says whether its guard held when the statement
/// began, so that only a lock can have been in the way.
const CREATE: &str = "
    WITH asked AS MATERIALIZED (
        SELECT * FROM UNNEST($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[],
                             $5::text[], $6::timestamptz[])
        WITH ORDINALITY
        AS t(room_id, room_revision, user_id, user_revision, text, created_at, place)
    ), u AS MATERIALIZED (
        SELECT id, revision FROM users WHERE id = ANY ($3) ORDER BY id FOR SHARE SKIP LOCKED
    ), r AS MATERIALIZED (
        SELECT id, revision, last_seq FROM rooms WHERE id = ANY ($1) ORDER BY id
        FOR NO KEY UPDATE SKIP LOCKED
    ), good AS MATERIALIZED (
        SELECT a.*, r.last_seq + row_number() OVER (PARTITION BY a.room_id ORDER BY a.place) AS seq
        FROM asked a
        JOIN r ON r.id = a.room_id AND r.revision = a.room_revision
        JOIN u ON u.id = a.user_id AND u.revision = a.user_revision
    ), moved AS (
        UPDATE rooms SET last_seq = g.seq
        FROM (SELECT room_id, max(seq) AS seq FROM good GROUP BY room_id) g
        WHERE rooms.id = g.room_id
    ), kept AS (
        INSERT INTO messages (room_id, user_id, text, created_at, seq, changed_seq)
        SELECT room_id, user_id, text, created_at, seq, seq FROM good ORDER BY place
        RETURNING id, room_id, seq
    )
    SELECT k.id, k.seq,
           COALESCE(k.id IS NULL AND ro.revision = a.room_revision
                    AND us.revision = a.user_revision, false) AS holds
    FROM asked a
    LEFT JOIN good g ON g.place = a.place
    LEFT JOIN kept k ON k.room_id = g.room_id AND k.seq = g.seq
    LEFT JOIN rooms ro ON g.place IS NULL AND ro.id = a.room_id
    LEFT JOIN users us ON g.place IS NULL AND us.id = a.user_id
    ORDER BY a.place";

#[derive(FromRow)]
struct Row {
    id: Option<i64>,
    seq: Option<i64>,
    holds: bool,
}

/// Keeps those of `jobs` whose guards hold, in one statement.
pub(super) async fn keep(
    connection: &mut PgConnection,
    jobs: &[Job],
) -> Result<Vec<Attempt<Written<Created>>>, Error> {
    let column = |value: fn(&Job) -> i64| jobs.iter().map(value).collect::<Vec<_>>();
    let texts: Vec<_> = jobs.iter().map(|job| job.text.as_str()).collect();
    let times: Vec<_> = jobs
        .iter()
        .map(|job| OffsetDateTime::from(job.at))
        .collect();
    let rows = sqlx::query_as::<_, Row>(CREATE)
        .bind(column(|job| job.guard.room.0))
        .bind(column(|job| job.guard.room_revision.0))
        .bind(column(|job| job.guard.user.0))
        .bind(column(|job| job.guard.user_revision.0))
        .bind(texts)
        .bind(times)
        .fetch_all(connection)
        .await?;
    Ok(rows.into_iter().map(outcome).collect())
}

fn outcome(row: Row) -> Attempt<Written<Created>> {
    match (row.id, row.seq) {
        (Some(id), Some(seq)) => Attempt::Done(Written::Done(Created {
            id: MessageId(id),
            seq: Seq(seq),
        })),
        _ if row.holds => Attempt::Busy,
        _ => Attempt::Done(Written::Stale),
    }
}
