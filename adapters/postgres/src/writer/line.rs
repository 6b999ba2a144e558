use std::{slice, sync::Arc, time::Duration};

use aftermatch_ports::{Creation, Unavailable, Written};
use sqlx::{ConnectOptions, Connection, Error, PgConnection, postgres::PgConnectOptions};
use tokio::time::Instant;

use super::{Answer, Job, batch, left};
use crate::{
    error::is_passing,
    patience::{Attempt, until},
};

/// A connection that was not used for so long is asked whether it still is one,
/// so that a database that was away costs nobody a message.
const UNUSED: Duration = Duration::from_secs(1);

/// The one connection that messages go through, made anew when it broke.
pub(super) struct Line {
    options: Arc<PgConnectOptions>,
    statement_timeout: Duration,
    /// Gone while it is used: one that was left half-way is never used again.
    connection: Option<(PgConnection, Instant)>,
    /// Whether nothing was left of the last batch.
    smooth: bool,
}

impl Line {
    pub(super) fn new(options: PgConnectOptions, statement_timeout: Duration) -> Self {
        // The plans never depend on the values; planning anew takes longer than
        // the plan itself. One that was made while there were few messages must
        // do when there are many: everything is looked up by an index.
        let options = options.options([
            ("plan_cache_mode", "force_generic_plan"),
            ("enable_seqscan", "off"),
        ]);
        Self {
            options: Arc::new(options),
            statement_timeout,
            connection: None,
            smooth: true,
        }
    }

    /// Keeps all of `jobs`; when they cannot be kept together, each for itself.
    /// As many answers, in the same order.
    pub(super) async fn keep(&mut self, jobs: &[Job]) -> Vec<Answer> {
        match self.attempt(jobs).await {
            Ok(outcomes) => outcomes.into_iter().map(Ok).collect(),
            Err(error) if jobs.len() > 1 && was_rolled_back(&error) && !is_passing(&error) => {
                let mut answers = Vec::with_capacity(jobs.len());
                for job in jobs {
                    answers.push(self.keep_alone(job).await);
                }
                answers
            }
            Err(error) => {
                let error = Arc::new(error);
                jobs.iter().map(|_| Err(failed(&error))).collect()
            }
        }
    }

    async fn keep_alone(&mut self, job: &Job) -> Answer {
        let outcomes = self.attempt(slice::from_ref(job)).await;
        let mut outcomes = outcomes.map_err(|error| failed(&Arc::new(error)))?;
        Ok(outcomes.pop().unwrap_or(Attempt::Busy))
    }

    async fn attempt(&mut self, jobs: &[Job]) -> Result<Vec<Attempt<Written<Creation>>>, Error> {
        let limit = self.statement_timeout;
        let mut connection = until(Instant::now() + limit, self.connect()).await?;
        // The server cuts a statement off by itself; where it has not, a little
        // later, it is out of reach.
        let end = Instant::now() + limit + limit / 4;
        let kept = batch::keep(&mut connection, jobs, &mut self.smooth);
        let mut kept = until(end, kept).await;
        // What is kept stays so, whether the rest can be explained or not.
        let explained = match &mut kept {
            Ok(outcomes) => until(end, left::explain(&mut connection, jobs, outcomes)).await,
            Err(_) => Ok(()),
        };
        let failures = [kept.as_ref().err(), explained.as_ref().err()];
        if failures.into_iter().flatten().all(was_rolled_back) {
            self.connection = Some((connection, Instant::now()));
        }
        let outcomes = kept?.into_iter();
        Ok(outcomes.map(|one| one.unwrap_or(Attempt::Busy)).collect())
    }

    async fn connect(&mut self) -> Result<PgConnection, Error> {
        if let Some((mut connection, used)) = self.connection.take()
            && (used.elapsed() < UNUSED || connection.ping().await.is_ok())
        {
            return Ok(connection);
        }
        self.options.connect().await
    }
}

/// Whether the database itself said no, and so nothing was kept.
fn was_rolled_back(error: &Error) -> bool {
    matches!(error, Error::Database(_))
}

fn failed(error: &Arc<Error>) -> Unavailable {
    if is_passing(error) {
        Unavailable::passing(error.clone())
    } else {
        Unavailable::lasting(error.clone())
    }
}
