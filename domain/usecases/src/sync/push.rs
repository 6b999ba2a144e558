//! New messages for users who are not connected are pushed to the platform.
//!
//! # Invariants
//! 1. **At least once.** A message is settled after the platform accepted it, or after it was
//!    decided that nobody needs it. A process that ends in between leaves it to be sent again,
//!    under the same id.
//! 2. **In order.** A message is sent only after everything before it in its room was settled.
//! 3. **Decided at each attempt.** A message that has waited for the platform is pushed to those
//!    who are not connected and have not read it now, and as it is now.

mod outage;
#[cfg(test)]
mod tests;

use std::{
    hash::{DefaultHasher, Hash, Hasher},
    sync::Arc,
    time::Duration,
};

use aftermatch_ports::{
    Backlog, DuePush, Online, PushFailure, PushLimits, Pushes, Settled, StoreError, Webhook,
    model::{
        Message, Push, PushDecision,
        push::{MAX_PUSH_AGE, PUSH_DELAY, decide, pause_after},
    },
};

pub use outage::{Outage, Turn};

/// How many messages of a room are looked at in one step.
const PAGE: usize = 20;

/// What pushing needs.
pub struct PushPorts {
    /// What is to be pushed.
    pub pushes: Arc<dyn Pushes>,
    /// Which brands are connected.
    pub online: Arc<dyn Online>,
    /// The platform.
    pub webhook: Arc<dyn Webhook>,
}

/// What a step in a room did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Nothing was sent.
    Quiet,
    /// The platform accepted a message.
    Delivered,
    /// The platform did not accept a message.
    Failed(PushFailure),
    /// A message was given up.
    GivenUp,
}

/// Finds what is new. `None`: another process pushes.
///
/// # Errors
/// The store cannot be read.
pub async fn find(ports: &PushPorts) -> Result<Option<Backlog>, StoreError> {
    let limits = PushLimits {
        delay: PUSH_DELAY,
        max_age: MAX_PUSH_AGE,
    };
    ports.pushes.find(limits).await
}

/// Moves on in a room that is due: over messages that nobody needs, or by one message that is
/// sent.
///
/// # Errors
/// The store cannot be read or written. The room is still due.
pub async fn step(ports: &PushPorts, due: DuePush) -> Result<Step, StoreError> {
    let page = ports.pushes.read(due, PAGE).await?;
    let mut done = due.after;
    // Without a full page there is nothing else up to the end.
    let mut end = (page.messages.len() < PAGE).then_some(due.upto);
    for (message, age) in page.messages {
        let contact = |brand| ports.online.contact(brand);
        let seq = message.seq;
        match decide(&message, allowed(age, due), &page.candidates, contact) {
            PushDecision::Skip => done = seq,
            // Invariant 2: what is before it is settled first.
            _ if done > due.after => {
                end = None;
                break;
            }
            PushDecision::Wait(pause) => {
                ports.pushes.settle(due, Settled::Waits(pause)).await?;
                return Ok(Step::Quiet);
            }
            PushDecision::TooOld => {
                let id = message.id;
                let given_up = Settled::GivenUp { id, seq };
                ports.pushes.settle(due, given_up).await?;
                return Ok(Step::GivenUp);
            }
            PushDecision::Send(recipients) => {
                let push = Push {
                    epoch: due.epoch,
                    message,
                    recipients,
                };
                return send(ports, due, &push, age).await;
            }
        }
    }
    let settled = Settled::Done(end.unwrap_or(done));
    ports.pushes.settle(due, settled).await?;
    Ok(Step::Quiet)
}

/// The age of a message for the decision: an operator wants a dead letter to be sent, however
/// old it is.
fn allowed(age: Option<Duration>, due: DuePush) -> Option<Duration> {
    age.map(|age| match due.is_dead_letter {
        true => age.min(MAX_PUSH_AGE / 2),
        false => age,
    })
}

/// Sends a message, and settles it: invariant 1.
async fn send(
    ports: &PushPorts,
    due: DuePush,
    push: &Push,
    age: Option<Duration>,
) -> Result<Step, StoreError> {
    let Err(failure) = ports.webhook.post(push).await else {
        let settled = Settled::Done(push.message.seq);
        ports.pushes.settle(due, settled).await?;
        return Ok(Step::Delivered);
    };
    let failures = due.failures.saturating_add(1);
    let pause = pause_after(failures, age, spread(&push.message, failures));
    let failed = Settled::Failed {
        again_in: pause.max(failure.retry_after.unwrap_or_default()),
        reason: failure.reason.clone(),
    };
    ports.pushes.settle(due, failed).await?;
    Ok(Step::Failed(failure))
}

/// Another number for each message and each attempt.
fn spread(message: &Message, failures: u32) -> u8 {
    let mut hasher = DefaultHasher::new();
    (message.id, failures).hash(&mut hasher);
    let [spread, ..] = hasher.finish().to_le_bytes();
    spread
}
