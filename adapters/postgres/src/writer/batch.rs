use aftermatch_ports::{
    Created, Creation, Written,
    model::{MessageId, Seq},
};
use sqlx::{
    Error, FromRow, PgConnection,
    postgres::{PgArguments, PgRow},
    query::QueryAs,
};
use time::OffsetDateTime;

use super::{Job, left, named};
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

/// A message that was kept.
#[derive(FromRow)]
pub(super) struct Kept {
    place: i64,
    id: i64,
    seq: i64,
}

/// Keeps those of `jobs` whose guards hold and which were not kept before, in one
/// statement.
pub(super) async fn keep(
    connection: &mut PgConnection,
    jobs: &[Job],
) -> Result<Vec<Attempt<Written<Creation>>>, Error> {
    let named = jobs.iter().any(|job| job.draft.client_id.is_some());
    let kept = match jobs {
        [job] if named => named::one(job).fetch_all(&mut *connection).await?,
        [job] => of_one(ONE, job).fetch_all(&mut *connection).await?,
        jobs if named => named::many(jobs).fetch_all(&mut *connection).await?,
        jobs => many(jobs).fetch_all(&mut *connection).await?,
    };
    let mut outcomes: Vec<Option<_>> = jobs.iter().map(|_| None).collect();
    for Kept { place, id, seq } in kept {
        let (id, seq) = (MessageId(id), Seq(seq));
        let created = Creation::Created(Created { id, seq });
        // Postgres counts places from 1.
        let place = usize::try_from(place - 1).ok();
        if let Some(outcome) = place.and_then(|place| outcomes.get_mut(place)) {
            *outcome = Some(Attempt::Done(Written::Done(created)));
        }
    }
    let left = jobs.iter().zip(&mut outcomes);
    let left: Vec<_> = left.filter(|(_, outcome)| outcome.is_none()).collect();
    if !left.is_empty() {
        left::explain(connection, left).await;
    }
    let outcomes = outcomes.into_iter();
    Ok(outcomes.map(|one| one.unwrap_or(Attempt::Busy)).collect())
}

fn many(jobs: &[Job]) -> Query<'_, Kept> {
    let jobs: Vec<_> = jobs.iter().collect();
    of_many(MANY, &jobs).bind(column(&jobs, |job| OffsetDateTime::from(job.at)))
}

pub(super) type Query<'q, T> = QueryAs<'q, sqlx::Postgres, T, PgArguments>;

/// A statement for one message: $1 to $4 its guard, $5 its text, $6 its time.
pub(super) fn of_one<'q>(sql: &'static str, job: &'q Job) -> Query<'q, Kept> {
    sqlx::query_as(sql)
        .bind(job.guard.room.0)
        .bind(job.guard.room_revision.0)
        .bind(job.guard.user.0)
        .bind(job.guard.user_revision.0)
        .bind(job.draft.text.as_str())
        .bind(OffsetDateTime::from(job.at))
}

/// A statement for many messages: $1 to $4 their guards, $5 their texts.
pub(super) fn of_many<'q, T>(sql: &'static str, jobs: &[&'q Job]) -> Query<'q, T>
where
    T: for<'r> FromRow<'r, PgRow>,
{
    sqlx::query_as(sql)
        .bind(column(jobs, |job| job.guard.room.0))
        .bind(column(jobs, |job| job.guard.room_revision.0))
        .bind(column(jobs, |job| job.guard.user.0))
        .bind(column(jobs, |job| job.guard.user_revision.0))
        .bind(column(jobs, |job| job.draft.text.as_str()))
}

/// One value of each job.
pub(super) fn column<'a, T>(jobs: &[&'a Job], value: impl Fn(&'a Job) -> T) -> Vec<T> {
    jobs.iter().copied().map(value).collect()
}
