//! What the statements of a batch share.

use std::collections::HashSet;

use sqlx::{FromRow, postgres::PgRow};

use super::job::Job;
use crate::precondition::Query;

/// A message that was inserted.
#[derive(FromRow)]
pub(super) struct Inserted {
    /// The position of its job, from 1, as Postgres counts.
    pub(super) position: i64,
    pub(super) id: i64,
    pub(super) seq: i64,
}

/// The element of a list at a position that Postgres counted.
pub(super) fn at<T>(list: &mut [T], position: i64) -> Option<&mut T> {
    let index = usize::try_from(position - 1).ok()?;
    list.get_mut(index)
}

/// One value of each job.
pub(super) fn column<'a, T>(jobs: &[&'a Job], value: impl Fn(&'a Job) -> T) -> Vec<T> {
    jobs.iter().copied().map(value).collect()
}

/// The positions of the jobs to insert, and these jobs: of those with the same room,
/// author and client message id only the first (invariant 6).
pub(super) fn unique(jobs: &[Job]) -> (Vec<i64>, Vec<&Job>) {
    let mut seen = HashSet::new();
    let unique = (1_i64..).zip(jobs).filter(|(_, job)| {
        let Job { precondition, .. } = job;
        job.client_msg_id()
            .is_none_or(|id| seen.insert((precondition.room, precondition.user, id)))
    });
    unique.unzip()
}

/// A statement for many jobs: $1 to $4 their preconditions, $5 their texts.
pub(super) fn query_as<'q, T>(sql: &'static str, jobs: &[&'q Job]) -> Query<'q, T>
where
    T: for<'r> FromRow<'r, PgRow>,
{
    sqlx::query_as(sql)
        .bind(column(jobs, |job| job.precondition.room.0))
        .bind(column(jobs, |job| job.precondition.room_revision.0))
        .bind(column(jobs, |job| job.precondition.user.0))
        .bind(column(jobs, |job| job.precondition.user_revision.0))
        .bind(column(jobs, |job| job.draft.text.as_str()))
}
