use std::{
    collections::{HashSet, VecDeque},
    sync::Arc,
    time::Duration,
};

use aftermatch_ports::StoreError;
use parking_lot::Mutex;
use prometheus_client::metrics::histogram::Histogram;
use tokio::{sync::oneshot, time::Instant};

use super::{
    connection::WriteConnection,
    job::{Answer, Change, Create, Job, Written},
};

/// The largest batch: one statement. A larger job is one by itself.
const MAX_BATCH: usize = 256;

/// Upper bounds of the histogram of batch sizes.
const BATCH_SIZES: [f64; 9] = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0];

/// The connection, and the jobs that wait for it.
pub(super) struct Queue {
    state: Mutex<State>,
    statement_timeout: Duration,
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
    deadline: Instant,
}

/// Creates of one job on their way into a batch.
struct TakenCreates {
    creates: Vec<Create>,
    handoff: oneshot::Sender<Handoff>,
    deadline: Instant,
}

/// What ends the wait of a job.
pub(super) enum Handoff {
    /// A leader did the job.
    Answer(Answer),
    /// The connection is yours: do the job yourself.
    Lead(Leader),
}

impl Queue {
    pub(super) fn new(connection: WriteConnection, statement_timeout: Duration) -> Self {
        Self {
            statement_timeout,
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
        deadline: Instant,
    ) -> Result<Leader, oneshot::Receiver<Handoff>> {
        let mut state = self.state.lock();
        match state.idle.take() {
            Some(connection) => Ok(Leader::new(self.clone(), connection)),
            None => {
                let (handoff, receiver) = oneshot::channel();
                let waiting = Waiting {
                    job: job.clone(),
                    handoff,
                    deadline,
                };
                match job {
                    // It has no number: a long queue says nothing about the connection.
                    Job::Check => state.waiting.push_front(waiting),
                    Job::Create(_) | Job::Change(_) => state.waiting.push_back(waiting),
                }
                Err(receiver)
            }
        }
    }

    /// The creates that join a batch of `size`: those with no change of their room before
    /// them (invariant 7).
    fn take_creates(&self, mut size: usize) -> Vec<TakenCreates> {
        let now = Instant::now();
        let mut state = self.state.lock();
        let (mut taken, mut left) = (Vec::new(), Vec::new());
        // Those with a change that stays in the queue.
        let mut rooms = HashSet::new();
        while size < MAX_BATCH
            && let Some(waiting) = state.waiting.pop_front()
        {
            let Some(waiting) = self.unless_late(waiting, now) else {
                continue;
            };
            let room = waiting.job.room();
            match waiting {
                Waiting {
                    job: Job::Create(creates),
                    handoff,
                    deadline,
                } if size + creates.len() <= MAX_BATCH
                    && room.is_none_or(|room| !rooms.contains(&room)) =>
                {
                    size += creates.len();
                    taken.push(TakenCreates {
                        creates,
                        handoff,
                        deadline,
                    });
                }
                waiting => {
                    rooms.extend(room);
                    left.push(waiting);
                }
            }
        }
        for waiting in left.into_iter().rev() {
            state.waiting.push_front(waiting);
        }
        taken
    }

    /// The job, unless it has waited too long or its request has given up: invariant 8.
    fn unless_late(&self, waiting: Waiting, now: Instant) -> Option<Waiting> {
        if now + self.statement_timeout > waiting.deadline {
            let late = StoreError::transient("a write waited too long for those before it");
            let _ = waiting.handoff.send(Handoff::Answer(Err(late)));
            return None;
        }
        (!waiting.handoff.is_closed()).then_some(waiting)
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

    /// Does `job`, a create together with those that wait in the queue.
    pub(super) async fn write(self, job: Job, deadline: Instant) -> Answer {
        match job {
            Job::Create(creates) => self.create(creates, deadline).await,
            Job::Change(change) => self.change(&change, deadline).await,
            Job::Check => self.check(deadline).await,
        }
    }

    async fn create(mut self, own: Vec<Create>, deadline: Instant) -> Answer {
        let taken = self.queue.take_creates(own.len());
        // Each of them has time for a statement.
        let deadline = taken
            .iter()
            .map(|taken| taken.deadline)
            .fold(deadline, Ord::min);
        let count = own.len();
        let mut creates = own;
        let mut handoffs = Vec::with_capacity(taken.len());
        for taken in taken {
            handoffs.push((taken.creates.len(), taken.handoff));
            creates.extend(taken.creates);
        }
        let size = u32::try_from(creates.len()).unwrap_or(u32::MAX);
        self.queue.batch_sizes.observe(f64::from(size));
        let Some(connection) = &mut self.connection else {
            return unanswered();
        };
        let mut results = connection.create(&creates, deadline).await.into_iter();
        // The next leader starts before the answers of this batch go out.
        drop(self);
        let mut next = |count| Ok(Written::Create(results.by_ref().take(count).collect()));
        let own = next(count);
        for (count, handoff) in handoffs {
            // An error: the request was dropped. Its messages are committed anyway.
            let _ = handoff.send(Handoff::Answer(next(count)));
        }
        own
    }

    async fn change(mut self, change: &Change, deadline: Instant) -> Answer {
        match &mut self.connection {
            Some(connection) => connection.change(change, deadline).await,
            None => unanswered(),
        }
    }

    async fn check(mut self, deadline: Instant) -> Answer {
        match &mut self.connection {
            Some(connection) => connection.check(deadline).await,
            None => unanswered(),
        }
    }
}

fn unanswered() -> Answer {
    Err(StoreError::permanent("a write without an answer"))
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
            let Some(next) = self.queue.unless_late(next, Instant::now()) else {
                self.connection = Some(connection);
                continue;
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
