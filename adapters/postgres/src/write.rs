//! Writes: every create, edit and deletion of this process, one after the other.
//!
//! There is one connection for this. A request that finds it free becomes the
//! leader and writes at once. A request that finds it in use queues a job. When the
//! leader is done, it hands the connection to the first request in the queue, which
//! becomes the leader. A leader with a message to create takes the creates that
//! wait in the queue along, and inserts all of them with one statement; an edit or a
//! deletion is a statement of its own. So a single message waits for nobody, not
//! even for another task to wake up; under load many messages share one commit,
//! whose cost is mostly the disk's; and two writes of one process never meet at the
//! lock of a room.
//!
//! | file | what it does |
//! |---|---|
//! | `leader` | who writes: the queue and the handoff of the connection |
//! | `connection` | runs a job or a batch; time limits, reconnects, the batch that fails as a whole |
//! | `create/` | the statements that insert messages |
//! | `change` | the statements that edit and delete |
//! | `trial` | a message that is taken back, to see whether there is space |
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
//! 5. **Committed stays committed.** Once a statement has committed, no later
//!    failure turns a job that it wrote into an error.
//! 6. **Nothing is written twice.** A batch is repeated, job by job, only after the
//!    database itself reported an error, which means that it rolled back. Jobs with
//!    the same client message id insert one message at most; the unique index
//!    decides between processes.
//! 7. **Queue order in each room.** The writes of one room are numbered in the order
//!    in which they were queued. A batch takes creates out of the queue from the front
//!    on: past the edits and deletions of other rooms, but never past one of their own
//!    room. Its messages are numbered in the order of the queue, and what stays keeps
//!    its order. A job that met a lock is queued again. The messages of one job have one
//!    precondition and are in one batch, so no message overtakes one that waits for a lock or
//!    for another authorization.
//! 8. **No late write.** A write has one deadline, from when it is first queued,
//!    however often it is tried. It begins only while there is time for a whole
//!    statement, else it gets an error; and a statement is cut off at the first
//!    deadline of those in it. So the queue moves on. A job whose request has given up
//!    is left out.
//! 9. **A check is no write.** It goes to the front of the queue: it has no number, and
//!    takes one short statement. `Postgres::check` lets one in at a time. After a write
//!    that found no space it inserts a message and rolls back.

mod change;
mod connection;
mod create;
mod job;
mod leader;
mod trial;

use std::{sync::Arc, time::Duration};

use aftermatch_ports::StoreError;
use prometheus_client::metrics::histogram::Histogram;
use sqlx::{PgConnection, postgres::PgConnectOptions};
use tokio::time::Instant;

pub(crate) use self::job::{Change, Create, Job, What, Written};
use self::{
    connection::WriteConnection,
    job::Answer,
    leader::{Handoff, Queue},
};
use crate::session::Settings;

pub(crate) struct Writer {
    queue: Arc<Queue>,
    statement_timeout: Duration,
}

impl Writer {
    /// `opened`: a connection with these settings, and its store.
    pub(crate) fn new(
        options: PgConnectOptions,
        settings: Settings,
        statement_timeout: Duration,
        opened: (PgConnection, u32),
    ) -> Self {
        let connection = WriteConnection::new(options, settings, statement_timeout, opened);
        Self {
            queue: Arc::new(Queue::new(connection, statement_timeout)),
            statement_timeout,
        }
    }

    /// How many messages one statement inserted.
    pub(crate) fn batch_sizes(&self) -> Histogram {
        self.queue.batch_sizes()
    }

    /// The deadline of a write that comes now: invariant 8.
    pub(crate) fn deadline(&self) -> Instant {
        Instant::now() + 5 * self.statement_timeout / 2
    }

    /// Does one write, a create together with others that are waiting.
    pub(crate) async fn write(&self, job: &Job, deadline: Instant) -> Answer {
        let handoff = match self.queue.lead_or_wait(job, deadline) {
            Ok(leader) => return leader.write(job.clone(), deadline).await,
            Err(handoff) => handoff,
        };
        match handoff.await {
            Ok(Handoff::Answer(answer)) => answer,
            Ok(Handoff::Lead(leader)) => leader.write(job.clone(), deadline).await,
            // Invariant 4: the leader was dropped.
            Err(_) => Err(StoreError::transient("a write was abandoned")),
        }
    }

    /// Whether a write that comes now could be committed: asks the connection, and opens
    /// it if there is none.
    pub(crate) async fn check(&self) -> Result<(), StoreError> {
        let deadline = Instant::now() + 2 * self.statement_timeout;
        self.write(&Job::Check, deadline).await.map(drop)
    }
}
