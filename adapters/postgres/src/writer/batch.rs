use aftermatch_ports::{
    Created, Creation, Written,
    model::{MessageId, Seq},
};
use sqlx::{Error, FromRow, PgConnection, postgres::PgArguments, query::QueryAs};

use super::{Job, carefully, one, together};
use crate::patience::Attempt;

/// A message that was kept.
#[derive(FromRow)]
pub(super) struct Kept {
    pub(super) place: i64,
    pub(super) id: i64,
    pub(super) seq: i64,
}

/// What is known of each job: `None` where it was not kept.
pub(super) type Outcomes = Vec<Option<Attempt<Written<Creation>>>>;

/// Keeps those of `jobs` whose guards hold and which were not kept before, in one
/// statement. `smooth`: whether nothing was left of the last batch.
pub(super) async fn keep(
    connection: &mut PgConnection,
    jobs: &[Job],
    smooth: &mut bool,
) -> Result<Outcomes, Error> {
    let kept = match jobs {
        [job] => one::one(job).fetch_all(&mut *connection).await?,
        jobs => keep_many(&mut *connection, jobs, smooth).await?,
    };
    let mut outcomes: Outcomes = jobs.iter().map(|_| None).collect();
    for Kept { place, id, seq } in kept {
        let (id, seq) = (MessageId(id), Seq(seq));
        let created = Creation::Created(Created { id, seq });
        // Postgres counts places from 1.
        let place = usize::try_from(place - 1).ok();
        if let Some(outcome) = place.and_then(|place| outcomes.get_mut(place)) {
            *outcome = Some(Attempt::Done(Written::Done(created)));
        }
    }
    Ok(outcomes)
}

/// The quick way first, unless it would probably be in vain: after a batch of
/// which something was left.
async fn keep_many(
    connection: &mut PgConnection,
    jobs: &[Job],
    smooth: &mut bool,
) -> Result<Vec<Kept>, Error> {
    if *smooth && let Some(kept) = together::keep(&mut *connection, jobs).await? {
        return Ok(kept);
    }
    let kept = carefully::many(jobs).fetch_all(connection).await?;
    *smooth = kept.len() == jobs.len();
    Ok(kept)
}

pub(super) type Query<'q, T> = QueryAs<'q, sqlx::Postgres, T, PgArguments>;

/// One value of each job.
pub(super) fn column<'a, T>(jobs: &[&'a Job], value: impl Fn(&'a Job) -> T) -> Vec<T> {
    jobs.iter().copied().map(value).collect()
}
