use aftermatch_ports::{
    Created, Written,
    model::{MessageId, Seq},
};
use sqlx::{Error, FromRow, PgConnection};
use time::OffsetDateTime;

use super::Job;
use crate::patience::Attempt;

/// Keeps one message: what is simpler for one is faster for a lone author.
const ONE: &str = "
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

/// Keeps the messages whose guards hold and whose room and user nobody else has
/// locked; returns them by their place in what was sent.
const MANY: &str = "
    WITH u AS MATERIALIZED (
        SELECT id, revision FROM users WHERE id = ANY ($3) ORDER BY id FOR SHARE SKIP LOCKED
    ), r AS MATERIALIZED (
        SELECT id, revision, last_seq FROM rooms WHERE id = ANY ($1) ORDER BY id
        FOR NO KEY UPDATE SKIP LOCKED
    ), good AS MATERIALIZED (
        SELECT a.*, nextval('messages_id_seq') AS id,
               r.last_seq + row_number() OVER (PARTITION BY a.room_id ORDER BY a.place) AS seq
        FROM UNNEST($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[],
                    $5::text[], $6::timestamptz[])
             WITH ORDINALITY
             AS a(room_id, room_revision, user_id, user_revision, text, created_at, place)
        JOIN r ON r.id = a.room_id AND r.revision = a.room_revision
        JOIN u ON u.id = a.user_id AND u.revision = a.user_revision
    ), moved AS (
        UPDATE rooms SET last_seq = g.seq
        FROM (SELECT room_id, max(seq) AS seq FROM good GROUP BY room_id) g
        WHERE rooms.id = g.room_id
    ), kept AS (
        INSERT INTO messages (id, room_id, user_id, text, created_at, seq, changed_seq)
        SELECT id, room_id, user_id, text, created_at, seq, seq FROM good
    )
    SELECT place, id, seq FROM good";

/// The places of those whose guards hold. What was not kept all the same was in
/// the way of somebody's lock; the others are stale.
const HOLD: &str = "
    SELECT a.place
    FROM UNNEST($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[])
         WITH ORDINALITY AS a(room_id, room_revision, user_id, user_revision, place)
    JOIN rooms r ON r.id = a.room_id AND r.revision = a.room_revision
    JOIN users u ON u.id = a.user_id AND u.revision = a.user_revision";

#[derive(FromRow)]
struct Kept {
    place: i64,
    id: i64,
    seq: i64,
}

/// Keeps those of `jobs` whose guards hold, in one statement.
pub(super) async fn keep(
    connection: &mut PgConnection,
    jobs: &[Job],
) -> Result<Vec<Attempt<Written<Created>>>, Error> {
    let kept = match jobs {
        [job] => one(connection, job).await?,
        jobs => many(connection, jobs).await?,
    };
    let mut outcomes: Vec<_> = jobs.iter().map(|_| Attempt::Done(Written::Stale)).collect();
    if kept.len() < jobs.len() {
        // Should this fail, those that were kept are kept all the same.
        let holding = holding(connection, jobs).await;
        for place in holding.unwrap_or_else(|_| (1..).take(jobs.len()).collect()) {
            set(&mut outcomes, place, Attempt::Busy);
        }
    }
    for Kept { place, id, seq } in kept {
        let (id, seq) = (MessageId(id), Seq(seq));
        let created = Attempt::Done(Written::Done(Created { id, seq }));
        set(&mut outcomes, place, created);
    }
    Ok(outcomes)
}

/// Postgres counts places from 1.
fn set<T>(outcomes: &mut [T], place: i64, outcome: T) {
    let place = usize::try_from(place - 1).ok();
    if let Some(old) = place.and_then(|place| outcomes.get_mut(place)) {
        *old = outcome;
    }
}

async fn one(connection: &mut PgConnection, job: &Job) -> Result<Vec<Kept>, Error> {
    sqlx::query_as(ONE)
        .bind(job.guard.room.0)
        .bind(job.guard.room_revision.0)
        .bind(job.guard.user.0)
        .bind(job.guard.user_revision.0)
        .bind(job.text.as_str())
        .bind(OffsetDateTime::from(job.at))
        .fetch_all(connection)
        .await
}

async fn many(connection: &mut PgConnection, jobs: &[Job]) -> Result<Vec<Kept>, Error> {
    let texts: Vec<_> = jobs.iter().map(|job| job.text.as_str()).collect();
    let times = jobs.iter().map(|job| OffsetDateTime::from(job.at));
    sqlx::query_as(MANY)
        .bind(column(jobs, |job| job.guard.room.0))
        .bind(column(jobs, |job| job.guard.room_revision.0))
        .bind(column(jobs, |job| job.guard.user.0))
        .bind(column(jobs, |job| job.guard.user_revision.0))
        .bind(texts)
        .bind(times.collect::<Vec<_>>())
        .fetch_all(connection)
        .await
}

async fn holding(connection: &mut PgConnection, jobs: &[Job]) -> Result<Vec<i64>, Error> {
    sqlx::query_scalar(HOLD)
        .bind(column(jobs, |job| job.guard.room.0))
        .bind(column(jobs, |job| job.guard.room_revision.0))
        .bind(column(jobs, |job| job.guard.user.0))
        .bind(column(jobs, |job| job.guard.user_revision.0))
        .fetch_all(connection)
        .await
}

fn column(jobs: &[Job], value: impl Fn(&Job) -> i64) -> Vec<i64> {
    jobs.iter().map(value).collect()
}
