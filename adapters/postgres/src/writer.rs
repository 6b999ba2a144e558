//! New messages, as many as wait, in one statement.
//!
//! One task with a connection of its own writes all that came in while its last
//! statement was under way. A lone message does not wait for company. Under load
//! the price of a commit, which is mostly the disk's, is shared.

mod batch;

use std::{sync::Arc, time::Duration};

use aftermatch_ports::{
    Created, Guard, Unavailable, Written,
    model::{Text, Timestamp},
};
use sqlx::{ConnectOptions, Connection, Error, PgConnection, postgres::PgConnectOptions};
use tokio::{
    sync::{mpsc, oneshot},
    time::{Instant, timeout},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{
    error::is_passing,
    patience::{Attempt, out_of_time},
};

/// So many messages go into one statement.
const BATCH: usize = 256;

/// So many may wait; what comes then waits for a place to wait.
const QUEUE: usize = 4 * BATCH;

/// A connection that was not used for so long is asked whether it still is one,
/// so that a database that was away costs nobody a message.
const UNUSED: Duration = Duration::from_secs(1);

type Answer = Result<Attempt<Written<Created>>, Unavailable>;

/// A message to be kept, and who waits for it.
struct Job {
    guard: Guard,
    text: Text,
    at: Timestamp,
    answer: oneshot::Sender<Answer>,
}

pub(crate) struct Writer {
    jobs: mpsc::Sender<Job>,
    closing: CancellationToken,
    task: TaskTracker,
}

impl Writer {
    pub(crate) fn start(options: PgConnectOptions, statement_timeout: Duration) -> Self {
        let (jobs, waiting) = mpsc::channel(QUEUE);
        let task = TaskTracker::new();
        let line = Line {
            options,
            statement_timeout,
            connection: None,
        };
        let closing = CancellationToken::new();
        task.spawn(line.write(waiting, closing.clone()));
        task.close();
        Self {
            jobs,
            closing,
            task,
        }
    }

    /// Keeps a new message, together with others that are to be kept now.
    pub(crate) async fn create(&self, guard: Guard, text: &Text, at: Timestamp) -> Answer {
        let (answer, answered) = oneshot::channel();
        let job = Job {
            guard,
            text: text.clone(),
            at,
            answer,
        };
        let gone = || Unavailable::passing("the store is closed");
        self.jobs.send(job).await.map_err(|_| gone())?;
        answered.await.map_err(|_| gone())?
    }

    /// Takes no more, and waits until all that waits is written.
    pub(crate) async fn close(&self) {
        self.closing.cancel();
        self.task.wait().await;
    }
}

/// The one connection that messages go through, made anew when it broke.
struct Line {
    options: PgConnectOptions,
    statement_timeout: Duration,
    connection: Option<(PgConnection, Instant)>,
}

impl Line {
    async fn write(mut self, mut waiting: mpsc::Receiver<Job>, closing: CancellationToken) {
        let mut jobs = Vec::with_capacity(BATCH);
        loop {
            let came = tokio::select! {
                biased;
                () = closing.cancelled(), if !waiting.is_closed() => {
                    waiting.close();
                    continue;
                }
                came = waiting.recv_many(&mut jobs, BATCH) => came,
            };
            if came == 0 {
                return;
            }
            let results = self.keep(&jobs).await;
            for (job, result) in jobs.drain(..).zip(results) {
                // Whoever asked may be gone; the message is kept all the same.
                let _ = job.answer.send(result);
            }
        }
    }

    /// Keeps all of `jobs`; when they cannot be kept together, each for itself.
    async fn keep(&mut self, jobs: &[Job]) -> Vec<Answer> {
        match self.attempt(jobs).await {
            Ok(outcomes) => outcomes.into_iter().map(Ok).collect(),
            Err(error) if jobs.len() > 1 && was_rolled_back(&error) => {
                let mut answers = Vec::with_capacity(jobs.len());
                for job in jobs {
                    let outcome = self.attempt(std::slice::from_ref(job)).await;
                    let outcome = outcome.map(|mut outcomes| outcomes.pop());
                    answers.push(match outcome {
                        Ok(Some(outcome)) => Ok(outcome),
                        Ok(None) => Ok(Attempt::Busy),
                        Err(error) => Err(failed(&Arc::new(error))),
                    });
                }
                answers
            }
            Err(error) => {
                let error = Arc::new(error);
                jobs.iter().map(|_| Err(failed(&error))).collect()
            }
        }
    }

    async fn attempt(&mut self, jobs: &[Job]) -> Result<Vec<Attempt<Written<Created>>>, Error> {
        let limit = self.statement_timeout;
        let mut connection = match timeout(limit, self.connect()).await {
            Ok(connection) => connection?,
            Err(_) => return Err(out_of_time()),
        };
        // The server cuts a statement off by itself; a little later, it is out of
        // reach.
        let kept = timeout(limit + limit / 4, batch::keep(&mut connection, jobs)).await;
        let kept = kept.unwrap_or_else(|_| Err(out_of_time()));
        if !matches!(kept, Err(ref error) if !was_rolled_back(error)) {
            self.connection = Some((connection, Instant::now()));
        }
        kept
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
