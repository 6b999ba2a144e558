use std::{collections::VecDeque, sync::Arc};

use aftermatch_ports::StoreError;
use parking_lot::Mutex;
use prometheus_client::metrics::histogram::Histogram;
use tokio::sync::oneshot;

use super::{
    job::{Answer, Job},
    write_connection::WriteConnection,
};

/// The largest batch: one statement.
const MAX_BATCH: usize = 256;

/// Upper bounds of the histogram of batch sizes.
const BATCH_SIZES: [f64; 9] = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0];

/// The connection, and the jobs that wait for it.
pub(super) struct Queue {
    state: Mutex<State>,
    batch_sizes: Histogram,
}

struct State {
    /// `Some` while there is no leader.
    idle: Option<WriteConnection>,
    waiting: VecDeque<Waiting>,
}

struct Waiting {
    job: Job,
    handoff: oneshot::Sender<Handoff>,
}

/// What ends the wait of a job.
pub(super) enum Handoff {
    /// A leader inserted the job.
    Answer(Answer),
    /// The connection is yours: insert the job yourself.
    Lead(Leader),
}

impl Queue {
    pub(super) fn new(connection: WriteConnection) -> Self {
        Self {
            state: Mutex::new(State {
                idle: Some(connection),
                waiting: VecDeque::new(),
            }),
            batch_sizes: Histogram::new(BATCH_SIZES),
        }
    }

    pub(super) fn batch_sizes(&self) -> Histogram {
        self.batch_sizes.clone()
    }

    /// Becomes the leader, or queues `job`. Invariant 2: under one lock.
    pub(super) fn lead_or_wait(
        self: &Arc<Self>,
        job: &Job,
    ) -> Result<Leader, oneshot::Receiver<Handoff>> {
        let mut state = self.state.lock();
        match state.idle.take() {
            Some(connection) => Ok(Leader::new(self.clone(), connection)),
            None => {
                let (handoff, receiver) = oneshot::channel();
                let job = job.clone();
                state.waiting.push_back(Waiting { job, handoff });
                Err(receiver)
            }
        }
    }

    /// The jobs that join the next batch, in queue order (invariant 7).
    fn take_batch(&self) -> Vec<Waiting> {
        let mut state = self.state.lock();
        let count = state.waiting.len().min(MAX_BATCH - 1);
        state.waiting.drain(..count).collect()
    }
}

/// Owns the connection until it is dropped: invariants 1 and 3.
pub(super) struct Leader {
    queue: Arc<Queue>,
    /// `None` only once it was handed on.
    connection: Option<WriteConnection>,
}

impl Leader {
    fn new(queue: Arc<Queue>, connection: WriteConnection) -> Self {
        Self {
            queue,
            connection: Some(connection),
        }
    }

    /// Inserts `job` and the jobs that are waiting.
    pub(super) async fn insert(mut self, job: Job) -> Answer {
        let mut jobs = vec![job];
        let mut handoffs = Vec::new();
        for Waiting { job, handoff } in self.queue.take_batch() {
            jobs.push(job);
            handoffs.push(handoff);
        }
        let size = u32::try_from(jobs.len()).unwrap_or(u32::MAX);
        self.queue.batch_sizes.observe(f64::from(size));
        let answers = match &mut self.connection {
            Some(connection) => connection.insert(&jobs).await,
            None => Vec::new(),
        };
        // The next leader starts before the answers of this batch go out.
        drop(self);
        let mut answers = answers.into_iter();
        let own = answers.next();
        for (handoff, answer) in handoffs.into_iter().zip(answers) {
            // An error: the request was dropped. Its message is committed anyway.
            let _ = handoff.send(Handoff::Answer(answer));
        }
        own.unwrap_or_else(|| Err(StoreError::permanent("a write without an answer")))
    }
}

impl Drop for Leader {
    /// Hands the connection on: to the next request in the queue, or back to the
    /// queue (invariants 1 to 3).
    fn drop(&mut self) {
        while let Some(connection) = self.connection.take() {
            let next = {
                let mut state = self.queue.state.lock();
                let Some(next) = state.waiting.pop_front() else {
                    // Invariant 2: the queue is empty, under the same lock.
                    state.idle = Some(connection);
                    return;
                };
                next
            };
            let leader = Self::new(self.queue.clone(), connection);
            // A request that was dropped returns the leader. Take the connection
            // back and try the next one, in this loop: dropping the leader would
            // recurse, and a long queue of dropped requests overflow the stack.
            if let Err(Handoff::Lead(mut leader)) = next.handoff.send(Handoff::Lead(leader)) {
                self.connection = leader.connection.take();
            }
        }
    }
}
