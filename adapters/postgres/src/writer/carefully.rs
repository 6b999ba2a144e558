//! The careful way to keep a batch: those messages that can be kept, whatever
//! became of their neighbours.
//!
//! A name is kept once and for ever, and the index on it is what says so: what
//! was kept by another process a moment ago, and is not seen yet, is refused by
//! it.

use std::collections::HashSet;

use sqlx::{FromRow, postgres::PgRow};
use time::OffsetDateTime;

use super::{
    Job,
    batch::{Kept, Query, column},
};

/// Keeps the messages whose guards hold, whose room and user nobody else has
/// locked, and of which there is none of their name; $8 are their places. Names
/// are looked up behind the joins: a filter among them would have Postgres expect
/// next to nothing, and join by nested loops.
const MANY: &str = "
    WITH u AS MATERIALIZED (
        SELECT id, revision FROM users WHERE id = ANY ($3) ORDER BY id FOR SHARE SKIP LOCKED
    ), r AS MATERIALIZED (
        SELECT id, revision, last_seq FROM rooms WHERE id = ANY ($1) ORDER BY id
        FOR NO KEY UPDATE SKIP LOCKED
    ), asked AS MATERIALIZED (
        SELECT a.*, r.last_seq, (
            SELECT m.id FROM messages m
            WHERE m.room_id = a.room_id AND m.user_id = a.user_id
              AND m.client_msg_id = a.client_msg_id
        ) AS before
        FROM UNNEST($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[],
                    $5::text[], $6::timestamptz[], $7::text[], $8::bigint[])
             AS a(room_id, room_revision, user_id, user_revision,
                  text, created_at, client_msg_id, place)
        JOIN r ON r.id = a.room_id AND r.revision = a.room_revision
        JOIN u ON u.id = a.user_id AND u.revision = a.user_revision
    ), good AS MATERIALIZED (
        SELECT *, nextval('messages_id_seq') AS id,
               last_seq + row_number() OVER (PARTITION BY room_id ORDER BY place) AS seq
        FROM asked WHERE before IS NULL
    ), moved AS (
        UPDATE rooms SET last_seq = g.seq
        FROM (SELECT room_id, max(seq) AS seq FROM good GROUP BY room_id) g
        WHERE rooms.id = g.room_id
    ), kept AS (
        INSERT INTO messages
            (id, room_id, user_id, text, created_at, seq, changed_seq, client_msg_id)
        SELECT id, room_id, user_id, text, created_at, seq, seq, client_msg_id FROM good
    )
    SELECT place, id, seq FROM good";

/// Of those that share a name the first is kept.
pub(super) fn many(jobs: &[Job]) -> Query<'_, Kept> {
    let (places, firsts) = firsts(jobs);
    of_many(MANY, &firsts)
        .bind(column(&firsts, |job| OffsetDateTime::from(job.at)))
        .bind(column(&firsts, Job::name))
        .bind(places)
}

/// The first of each name, and those without one, with their places.
pub(super) fn firsts(jobs: &[Job]) -> (Vec<i64>, Vec<&Job>) {
    let mut names = HashSet::new();
    let firsts = (1_i64..).zip(jobs).filter(|(_, job)| {
        let name = job.name();
        name.is_none_or(|name| names.insert((job.guard.room, job.guard.user, name)))
    });
    firsts.unzip()
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
