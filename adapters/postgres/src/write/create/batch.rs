//! What the statements of a batch share.

use std::collections::HashSet;

use aftermatch_ports::{
    Commit, Created,
    model::{Epoch, MessageId, Seq},
};
use sqlx::{FromRow, postgres::PgRow};

use crate::{moment::Moment, precondition::Query, write::job::Create};

/// A message that was inserted.
#[derive(FromRow)]
pub(super) struct Inserted {
    /// The position of its job, from 1, as Postgres counts.
    pub(super) position: i64,
    pub(super) id: i64,
    pub(super) seq: i64,
    pub(super) created_at: Moment,
}

impl Inserted {
    /// `epoch`: that of its room.
    pub(super) fn created(&self, epoch: Epoch) -> Created {
        Created {
            id: MessageId(self.id),
            commit: Commit {
                seq: Seq(self.seq),
                at: self.created_at.into(),
                epoch,
            },
        }
    }
}

/// The element of a list at a position that Postgres counted.
pub(super) fn at<T>(list: &mut [T], position: i64) -> Option<&mut T> {
    let index = usize::try_from(position - 1).ok()?;
    list.get_mut(index)
}

/// One value of each job.
pub(super) fn column<'a, T>(jobs: &[&'a Create], value: impl Fn(&'a Create) -> T) -> Vec<T> {
    jobs.iter().copied().map(value).collect()
}

/// Whether one of the messages has attachments. Most batches have none, and their statements do
/// not mention them.
pub(super) fn any_attached(jobs: &[&Create]) -> bool {
    jobs.iter().any(|job| job.attachments().is_some())
}

/// The positions of the jobs to insert, and these jobs: of those with the same room,
/// author and client message id only the first (invariant 6).
pub(super) fn unique(jobs: &[Create]) -> (Vec<i64>, Vec<&Create>) {
    let mut seen = HashSet::new();
    let unique = (1_i64..).zip(jobs).filter(|(_, job)| {
        let Create { precondition, .. } = job;
        job.client_msg_id()
            .is_none_or(|id| seen.insert((precondition.room, precondition.user, id)))
    });
    unique.unzip()
}

/// A statement for many jobs: $1 to $4 their preconditions, $5 their texts.
pub(super) fn query_as<'q, T>(sql: &'static str, jobs: &[&'q Create]) -> Query<'q, T>
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
