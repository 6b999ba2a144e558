use std::{slice, sync::Arc, time::Duration};

use aftermatch_ports::{CreateOutcome, StoreError};
use sqlx::{Connection, Error, PgConnection, postgres::PgConnectOptions};
use tokio::time::Instant;

use super::{
    change, create,
    job::{Answer, Attempted, Change, Create, Written},
    trial,
};
use crate::{
    error::{is_outage, is_read_only, is_transient, is_without_space},
    retry::{Attempt, before},
    session::{self, Settings},
};

/// After this long without use the connection is pinged first, so that a restart of
/// the database fails no write.
const PING_AFTER: Duration = Duration::from_secs(1);

/// What became of a message.
type Created = Result<Attempted<CreateOutcome>, StoreError>;

/// The one connection that writes. It reconnects when needed.
pub(super) struct WriteConnection {
    options: Arc<PgConnectOptions>,
    settings: Settings,
    statement_timeout: Duration,
    /// The connection, and when it was last used. `None` while a statement runs: if
    /// the statement is abandoned, the connection is never used again.
    idle: Option<(Opened, Instant)>,
    /// Whether the last batch had no rejected jobs.
    try_fast_path: bool,
    /// Whether the last write failed because the server had no space for it.
    lacks_space: bool,
}

/// An open connection.
struct Opened {
    connection: PgConnection,
    /// The store part of the epochs that it writes.
    store: u32,
}

impl WriteConnection {
    pub(super) fn new(
        options: PgConnectOptions,
        settings: Settings,
        statement_timeout: Duration,
        (connection, store): (PgConnection, u32),
    ) -> Self {
        Self {
            options: Arc::new(options),
            settings,
            statement_timeout,
            idle: Some((Opened { connection, store }, Instant::now())),
            try_fast_path: true,
            lacks_space: false,
        }
    }

    /// Inserts messages together; if the database refuses the batch as a whole, each
    /// by itself. Returns one result for each, in the same order (invariant 4), before
    /// `deadline`.
    pub(super) async fn create(&mut self, jobs: &[Create], deadline: Instant) -> Vec<Created> {
        match self.insert(jobs, deadline).await {
            Ok(attempts) => attempts.into_iter().map(Ok).collect(),
            // Invariant 6: only after a rollback. A transient error would repeat.
            Err(error) if jobs.len() > 1 && was_rolled_back(&error) && !is_transient(&error) => {
                self.create_one_by_one(jobs, deadline).await
            }
            Err(error) => vec![Err(failed(error)); jobs.len()],
        }
    }

    /// After a transient error the rest is not tried: each would take as long. Nor is what
    /// follows a locked message of the same call: it would overtake that (invariant 7).
    async fn create_one_by_one(&mut self, jobs: &[Create], deadline: Instant) -> Vec<Created> {
        let mut results = Vec::with_capacity(jobs.len());
        let (mut away, mut locked) = (None, Vec::new());
        for job in jobs {
            if let Some(error) = &away {
                results.push(Err(StoreError::clone(error)));
                continue;
            }
            if locked.contains(&job.precondition) {
                results.push(Ok(Attempt::Locked));
                continue;
            }
            results.push(match self.insert(slice::from_ref(job), deadline).await {
                Ok(mut attempts) => Ok(attempts.pop().unwrap_or(Attempt::Locked)),
                Err(error) => {
                    let is_away = is_transient(&error);
                    let error = failed(error);
                    away = is_away.then(|| error.clone());
                    Err(error)
                }
            });
            if let Some(Ok(Attempt::Locked)) = results.last() {
                locked.push(job.precondition);
            }
        }
        results
    }

    #[tracing::instrument(
        name = "db.message.insert_batch",
        level = "debug",
        skip_all,
        fields(messages = jobs.len())
    )]
    async fn insert(
        &mut self,
        jobs: &[Create],
        deadline: Instant,
    ) -> Result<Vec<Attempted<CreateOutcome>>, Error> {
        let mut opened = self.take(deadline).await?;
        let (connection, store) = (&mut opened.connection, opened.store);
        let deadline = self.statement_deadline().min(deadline);
        let insert = create::insert(connection, store, jobs, &mut self.try_fast_path);
        let mut inserted = before(deadline, insert).await;
        // Invariant 5: a failure of `explain` does not fail the inserted jobs.
        let explained = match &mut inserted {
            Ok(results) => before(deadline, create::explain(connection, jobs, results)).await,
            Err(_) => Ok(()),
        };
        self.note_space(&inserted);
        self.give_back(opened, [inserted.as_ref().err(), explained.as_ref().err()]);
        let results = inserted?.into_iter();
        Ok(results
            .map(|result| result.unwrap_or(Attempt::Locked))
            .collect())
    }

    /// Edits or deletes, before `deadline`.
    pub(super) async fn change(&mut self, job: &Change, deadline: Instant) -> Answer {
        let attempt = async {
            let mut opened = self.take(deadline).await?;
            let (connection, store) = (&mut opened.connection, opened.store);
            let deadline = self.statement_deadline().min(deadline);
            let attempt = before(deadline, change::run(connection, store, job)).await;
            self.note_space(&attempt);
            self.give_back(opened, [attempt.as_ref().err()]);
            attempt
        };
        attempt.await.map(Written::Change).map_err(failed)
    }

    /// Finds out whether it could write, before `deadline`. Writes nothing, unless the last
    /// write had no space: only a trial shows that there is some again.
    pub(super) async fn check(&mut self, deadline: Instant) -> Answer {
        let checked = async {
            let mut opened = self.take(deadline).await?;
            let deadline = self.statement_deadline().min(deadline);
            let is_writable = session::is_writable(&mut opened.connection);
            if !before(deadline, is_writable).await? {
                // It is never used again: another one may accept writes.
                return Err(session::read_only());
            }
            let mut tried = Ok(());
            if self.lacks_space {
                tried = before(deadline, trial::run(&mut opened.connection)).await;
                self.note_space(&tried);
            }
            self.give_back(opened, [tried.as_ref().err()]);
            tried
        };
        checked.await.map(|()| Written::Nothing).map_err(failed)
    }

    /// An error that is not about space says nothing about it.
    fn note_space<T>(&mut self, written: &Result<T, Error>) {
        match written {
            Ok(_) => self.lacks_space = false,
            Err(error) if is_without_space(error) => self.lacks_space = true,
            Err(_) => {}
        }
    }

    /// The server cuts a statement off at its limit. If nothing came a little later,
    /// the server is unreachable.
    fn statement_deadline(&self) -> Instant {
        Instant::now() + self.statement_timeout + self.statement_timeout / 4
    }

    async fn take(&mut self, deadline: Instant) -> Result<Opened, Error> {
        let limit = deadline.min(Instant::now() + self.statement_timeout);
        let ready = async {
            if let Some((mut opened, used)) = self.idle.take()
                && (used.elapsed() < PING_AFTER || opened.connection.ping().await.is_ok())
            {
                return Ok(opened);
            }
            let (connection, store) = session::open(&self.options, &self.settings).await?;
            Ok(Opened { connection, store })
        };
        before(limit, ready).await
    }

    /// Stores the connection for the next job, if it is still good after these errors.
    fn give_back<'e>(
        &mut self,
        opened: Opened,
        errors: impl IntoIterator<Item = Option<&'e Error>>,
    ) {
        if errors.into_iter().flatten().all(is_usable_after) {
            self.idle = Some((opened, Instant::now()));
        }
    }
}

/// Whether the database itself reported the error: then the statement had no effect.
fn was_rolled_back(error: &Error) -> bool {
    matches!(error, Error::Database(_))
}

/// Whether the connection can be used after this error. One that is read-only stays so,
/// while a new one may reach a server that accepts writes.
fn is_usable_after(error: &Error) -> bool {
    was_rolled_back(error) && !is_read_only(error)
}

fn failed(error: Error) -> StoreError {
    if is_outage(&error) {
        StoreError::transient(error)
    } else {
        StoreError::permanent(error)
    }
}
