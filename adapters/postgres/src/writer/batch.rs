use aftermatch_ports::{
    Created, Creation, Written,
    model::{MessageId, Seq},
};
use sqlx::{Error, FromRow, PgConnection, postgres::PgArguments, query::QueryAs};

use super::{Job, carefully, left, one, together};
use crate::patience::Attempt;

/// A message that was kept.
#[derive(FromRow)]
pub(super) struct Kept {
    pub(super) place: i64,
    pub(super) id: i64,
    pub(super) seq: i64,
}

/// Keeps those of `jobs` whose guards hold and which were not kept before, in one
/// statement. `smooth`: whether nothing was left of the last batch.
pub(super) async fn keep(
    connection: &mut PgConnection,
    jobs: &[Job],
    smooth: &mut bool,
) -> Result<Vec<Attempt<Written<Creation>>>, Error> {
    let kept = match jobs {
        [job] => one::one(job).fetch_all(&mut *connection).await?,
        jobs => keep_many(&mut *connection, jobs, smooth).await?,
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
