//! New messages, as many as wait, in one statement.
//!
//! There is one connection for them. Who finds it free writes at once; who does
//! not, waits. Whoever has written hands the connection to the first of those
//! who wait, and that one writes its own message and all the others' with it. So
//! a lone message waits for nobody, not even for another task to wake, and under
//! load the price of a commit, which is mostly the disk's, is shared.

mod batch;
mod carefully;
mod left;
mod line;
mod one;
mod together;

use std::{collections::VecDeque, sync::Arc, time::Duration};

use aftermatch_ports::{
    Creation, Draft, Guard, Unavailable, Written,
    model::{ClientMsgId, Timestamp},
};
use parking_lot::Mutex;
use prometheus_client::metrics::histogram::Histogram;
use sqlx::postgres::PgConnectOptions;
use tokio::sync::oneshot;

use self::line::Line;
use crate::{metrics::BATCHES, patience::Attempt};

/// So many messages go into one statement.
const BATCH: usize = 256;

type Answer = Result<Attempt<Written<Creation>>, Unavailable>;

/// A message to be kept.
#[derive(Clone)]
struct Job {
    guard: Guard,
    draft: Draft,
    at: Timestamp,
}

impl Job {
    /// What the author's program calls the message.
    fn name(&self) -> Option<&str> {
        self.draft.client_id.as_ref().map(ClientMsgId::as_str)
    }
}

struct Waiting {
    job: Job,
    turn: oneshot::Sender<Turn>,
}

/// What ends the wait of somebody who found the line taken.
enum Turn {
    /// Somebody wrote the message.
    Written(Answer),
    /// The line is free: write.
    Lead(Lead),
}

#[derive(Clone)]
pub(crate) struct Writer {
    state: Arc<Mutex<State>>,
    batches: Histogram,
}

struct State {
    /// There when nobody writes.
    line: Option<Line>,
    waiting: VecDeque<Waiting>,
}

impl Writer {
    pub(crate) fn new(options: PgConnectOptions, statement_timeout: Duration) -> Self {
        let state = State {
            line: Some(Line::new(options, statement_timeout)),
            waiting: VecDeque::new(),
        };
        Self {
            state: Arc::new(Mutex::new(state)),
            batches: Histogram::new(BATCHES),
        }
    }

    /// How many messages were kept together.
    pub(crate) fn batches(&self) -> Histogram {
        self.batches.clone()
    }

    /// Keeps a new message, together with others that are to be kept now.
    pub(crate) async fn create(&self, guard: Guard, draft: &Draft, at: Timestamp) -> Answer {
        let job = Job {
            guard,
            draft: draft.clone(),
            at,
        };
        let waiting = match self.lead_or_wait(&job) {
            Ok(lead) => return lead.write(job).await,
            Err(waiting) => waiting,
        };
        match waiting.await {
            Ok(Turn::Written(answer)) => answer,
            Ok(Turn::Lead(lead)) => lead.write(job).await,
            // Whoever wrote it was dropped meanwhile: nobody knows.
            Err(_) => Err(Unavailable::passing("a write was abandoned")),
        }
    }

    /// The line, or the wait for it.
    fn lead_or_wait(&self, job: &Job) -> Result<Lead, oneshot::Receiver<Turn>> {
        let mut state = self.state.lock();
        match state.line.take() {
            Some(line) => Ok(Lead {
                writer: self.clone(),
                line: Some(line),
            }),
            None => {
                let (turn, waiting) = oneshot::channel();
                let job = job.clone();
                state.waiting.push_back(Waiting { job, turn });
                Err(waiting)
            }
        }
    }
}

/// Has the line, and hands it on when dropped, whatever happens to the holder.
struct Lead {
    writer: Writer,
    line: Option<Line>,
}

impl Lead {
    /// Writes `job` and what else waits.
    async fn write(mut self, job: Job) -> Answer {
        let mut jobs = vec![job];
        let mut turns = Vec::new();
        {
            let mut state = self.writer.state.lock();
            let others = state.waiting.len().min(BATCH - 1);
            for Waiting { job, turn } in state.waiting.drain(..others) {
                jobs.push(job);
                turns.push(turn);
            }
        }
        self.writer
            .batches
            .observe(f64::from(u32::try_from(jobs.len()).unwrap_or(u32::MAX)));
        let answers = match &mut self.line {
            Some(line) => line.keep(&jobs).await,
            None => Vec::new(),
        };
        drop(self);
        let mut answers = answers.into_iter();
        let own = answers.next();
        for (turn, answer) in turns.into_iter().zip(answers) {
            // Whoever asked may be gone; the message is kept all the same.
            let _ = turn.send(Turn::Written(answer));
        }
        own.unwrap_or_else(|| Err(Unavailable::lasting("a write without an answer")))
    }
}

impl Drop for Lead {
    fn drop(&mut self) {
        while let Some(line) = self.line.take() {
            let next = {
                let mut state = self.writer.state.lock();
                let Some(next) = state.waiting.pop_front() else {
                    state.line = Some(line);
                    return;
                };
                next
            };
            let lead = Self {
                writer: self.writer.clone(),
                line: Some(line),
            };
            // Where nobody is there to take it, it comes back and goes to the next:
            // were it dropped instead, a long queue of those who are gone would
            // overflow the stack.
            if let Err(Turn::Lead(mut lead)) = next.turn.send(Turn::Lead(lead)) {
                self.line = lead.line.take();
            }
        }
    }
}
