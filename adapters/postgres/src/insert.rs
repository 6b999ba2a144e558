//! Inserts new messages: as many as are waiting, with one statement.
//!
//! There is one connection for this. A request that finds it free becomes the
//! leader and inserts its message at once. A request that finds it in use queues a
//! job. When the leader is done, it hands the connection to the first request in
//! the queue, which becomes the leader and inserts all messages queued by then. So
//! a single message waits for nobody, not even for another task to wake up; and
//! under load many messages share one commit, whose cost is mostly the disk's.
//!
//! | file | what it does |
//! |---|---|
//! | `leader` | who inserts: the queue and the handoff of the connection |
//! | `write_connection` | runs a batch; time limits, reconnects, the batch that fails as a whole |
//! | `strategy` | which statement: `single`, `fast_path` or `partial` |
//! | `rejected` | why a job was not inserted |
//! | `batch` | what these statements share |
//!
//! # Invariants
//! 1. **One leader.** The connection has one owner: the queue while it is idle,
//!    else one leader, or the handoff to the next one.
//! 2. **Nobody waits beside an idle connection.** Jobs are queued only while the
//!    connection is in use; it becomes idle only when the queue is empty. Both are
//!    decided under one lock.
//! 3. **The connection survives its leader.** A leader that is dropped, wherever it
//!    is, hands the connection on.
//! 4. **One answer for each job**, at the position of the job. If the leader was
//!    dropped with a batch, the other jobs of the batch get an error that says
//!    nothing about their messages: they may be committed.
//! 5. **Committed stays committed.** Once the insert has committed, no later
//!    failure turns a job that it inserted into an error.
//! 6. **Nothing is inserted twice.** A batch is repeated, job by job, only after the
//!    database itself reported an error, which means that it rolled back. Jobs with
//!    the same client message id insert one message at most; the unique index
//!    decides between processes.
//! 7. **Queue order.** Messages of one room in one batch are numbered in the order
//!    in which they were queued.

mod batch;
mod fast_path;
mod job;
mod leader;
mod partial;
mod rejected;
mod single;
mod strategy;
mod write_connection;

use std::{sync::Arc, time::Duration};

use aftermatch_ports::{Draft, Precondition, StoreError, model::Timestamp};
use prometheus_client::metrics::histogram::Histogram;
use sqlx::postgres::PgConnectOptions;

use self::{
    job::{Answer, Job},
    leader::{Handoff, Queue},
    write_connection::WriteConnection,
};

pub(crate) struct Inserter {
    queue: Arc<Queue>,
}

impl Inserter {
    pub(crate) fn new(options: PgConnectOptions, statement_timeout: Duration) -> Self {
        let connection = WriteConnection::new(options, statement_timeout);
        Self {
            queue: Arc::new(Queue::new(connection)),
        }
    }

    /// How many messages one statement inserted.
    pub(crate) fn batch_sizes(&self) -> Histogram {
        self.queue.batch_sizes()
    }

    /// Inserts a message, together with others that are waiting.
    pub(crate) async fn insert(
        &self,
        precondition: Precondition,
        draft: &Draft,
        at: Timestamp,
    ) -> Answer {
        let job = Job {
            precondition,
            draft: draft.clone(),
            at,
        };
        let handoff = match self.queue.lead_or_wait(&job) {
            Ok(leader) => return leader.insert(job).await,
            Err(handoff) => handoff,
        };
        match handoff.await {
            Ok(Handoff::Answer(answer)) => answer,
            Ok(Handoff::Lead(leader)) => leader.insert(job).await,
            // Invariant 4: the leader was dropped.
            Err(_) => Err(StoreError::transient("a write was abandoned")),
        }
    }
}
