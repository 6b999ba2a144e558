//! Chooses the statement for a batch.
//!
//! # Invariants
//! Each of the three statements keeps the invariants of `write` and of
//! `precondition`. The choice between them changes the speed, never the result:
//! 1. One job: `single`.
//! 2. Several: `fast_path`, which inserts all jobs or none. If it inserts none, it
//!    left no trace, and `partial` inserts those that can be inserted.
//! 3. After a batch with rejected jobs the next one goes to `partial` directly: what
//!    rejected them often lasts, and a fast path that fails costs a statement.

use aftermatch_ports::{CreateOutcome, Outcome};
use sqlx::{Error, PgConnection};

use super::{
    batch::{self, Inserted},
    fast_path, partial, single,
};
use crate::{
    precondition,
    retry::Attempt,
    write::job::{Attempted, Create},
};

/// What is known about each job: `None` if it was not inserted.
pub(super) type Results = Vec<Option<Attempted<CreateOutcome>>>;

/// Inserts the jobs whose preconditions hold and that were not inserted before, in
/// one transaction. `store`: that of the connection. `try_fast_path`: whether the last
/// batch had no rejected jobs.
pub(in crate::write) async fn insert(
    connection: &mut PgConnection,
    store: u32,
    jobs: &[Create],
    try_fast_path: &mut bool,
) -> Result<Results, Error> {
    let inserted = match jobs {
        [job] => single::statement(job).fetch_all(&mut *connection).await?,
        jobs => insert_many(&mut *connection, jobs, try_fast_path).await?,
    };
    let mut results: Vec<_> = jobs.iter().map(|job| (job, None)).collect();
    for message in inserted {
        if let Some((job, result)) = batch::at(&mut results, message.position) {
            let created = message.created(precondition::epoch(job.precondition, store));
            let created = CreateOutcome::Created(created);
            *result = Some(Attempt::Done(Outcome::Committed(created)));
        }
    }
    Ok(results.into_iter().map(|(_, result)| result).collect())
}

async fn insert_many(
    connection: &mut PgConnection,
    jobs: &[Create],
    try_fast_path: &mut bool,
) -> Result<Vec<Inserted>, Error> {
    // Invariant 2.
    if *try_fast_path && let Some(inserted) = fast_path::try_insert(&mut *connection, jobs).await? {
        return Ok(inserted);
    }
    let inserted = partial::statement(jobs).fetch_all(connection).await?;
    // Invariant 3.
    *try_fast_path = inserted.len() == jobs.len();
    Ok(inserted)
}
