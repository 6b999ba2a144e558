use std::{slice, sync::Arc, time::Duration};

use aftermatch_ports::{CreateOutcome, Outcome, StoreError};
use sqlx::{ConnectOptions, Connection, Error, PgConnection, postgres::PgConnectOptions};
use tokio::time::Instant;

use super::{
    job::{Answer, Job},
    rejected, strategy,
};
use crate::{
    error::is_transient,
    retry::{Attempt, before},
};

/// After this long without use the connection is pinged first, so that a restart of
/// the database fails no message.
const PING_AFTER: Duration = Duration::from_secs(1);

/// The one connection that inserts messages. It reconnects when needed.
pub(super) struct WriteConnection {
    options: Arc<PgConnectOptions>,
    statement_timeout: Duration,
    /// The connection, and when it was last used. `None` while a statement runs: if
    /// the statement is abandoned, the connection is never used again.
    connection: Option<(PgConnection, Instant)>,
    /// Whether the last batch had no rejected jobs.
    try_fast_path: bool,
}

impl WriteConnection {
    pub(super) fn new(options: PgConnectOptions, statement_timeout: Duration) -> Self {
        // Generic plans: the best plan never depends on the values, and planning
        // takes longer than the plan. A plan that was made for a small table must be
        // good for a large one, so it always uses an index.
        let options = options.options([
            ("plan_cache_mode", "force_generic_plan"),
            ("enable_seqscan", "off"),
        ]);
        Self {
            options: Arc::new(options),
            statement_timeout,
            connection: None,
            try_fast_path: true,
        }
    }

    /// Inserts `jobs` together; if the database refuses the batch as a whole, each by
    /// itself. Returns one answer for each job, in the same order (invariant 4).
    pub(super) async fn insert(&mut self, jobs: &[Job]) -> Vec<Answer> {
        match self.attempt(jobs).await {
            Ok(attempts) => attempts.into_iter().map(Ok).collect(),
            // Invariant 6: only after a rollback. A transient error would repeat.
            Err(error) if jobs.len() > 1 && was_rolled_back(&error) && !is_transient(&error) => {
                let mut answers = Vec::with_capacity(jobs.len());
                for job in jobs {
                    answers.push(self.insert_alone(job).await);
                }
                answers
            }
            Err(error) => {
                let error = Arc::new(error);
                jobs.iter().map(|_| Err(failed(&error))).collect()
            }
        }
    }

    async fn insert_alone(&mut self, job: &Job) -> Answer {
        let attempts = self.attempt(slice::from_ref(job)).await;
        let mut attempts = attempts.map_err(|error| failed(&Arc::new(error)))?;
        Ok(attempts.pop().unwrap_or(Attempt::Locked))
    }

    #[tracing::instrument(
        name = "db.message.insert_batch",
        level = "debug",
        skip_all,
        fields(messages = jobs.len())
    )]
    async fn attempt(
        &mut self,
        jobs: &[Job],
    ) -> Result<Vec<Attempt<Outcome<CreateOutcome>>>, Error> {
        let limit = self.statement_timeout;
        let mut connection = before(Instant::now() + limit, self.connect()).await?;
        // The server cuts the statement off at the limit. If nothing came a little
        // later, the server is unreachable.
        let deadline = Instant::now() + limit + limit / 4;
        let insert = strategy::insert(&mut connection, jobs, &mut self.try_fast_path);
        let mut inserted = before(deadline, insert).await;
        // Invariant 5: a failure of `explain` does not fail the inserted jobs.
        let explained = match &mut inserted {
            Ok(results) => {
                before(deadline, rejected::explain(&mut connection, jobs, results)).await
            }
            Err(_) => Ok(()),
        };
        let errors = [inserted.as_ref().err(), explained.as_ref().err()];
        if errors.into_iter().flatten().all(was_rolled_back) {
            self.connection = Some((connection, Instant::now()));
        }
        let results = inserted?.into_iter();
        Ok(results
            .map(|result| result.unwrap_or(Attempt::Locked))
            .collect())
    }

    async fn connect(&mut self) -> Result<PgConnection, Error> {
        if let Some((mut connection, used)) = self.connection.take()
            && (used.elapsed() < PING_AFTER || connection.ping().await.is_ok())
        {
            return Ok(connection);
        }
        self.options.connect().await
    }
}

/// Whether the database itself reported the error: then the statement had no effect
/// and the connection is still good.
fn was_rolled_back(error: &Error) -> bool {
    matches!(error, Error::Database(_))
}

fn failed(error: &Arc<Error>) -> StoreError {
    if is_transient(error) {
        StoreError::transient(error.clone())
    } else {
        StoreError::permanent(error.clone())
    }
}
