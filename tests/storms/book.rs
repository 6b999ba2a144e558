//! What an author was answered.

use std::fmt::{self, Display, Formatter};

use tokio::time::Instant;

/// Times at which an acknowledged operation may be lost: it was answered after the first
/// moment, and sent before the second.
#[derive(Debug, Default)]
pub struct Losses(pub Vec<(Instant, Instant)>);

#[derive(Debug, Default)]
pub struct Book {
    pub room: i64,
    pub messages: Vec<Message>,
    /// Requests that were stored or not: nobody knows.
    pub unclear: u64,
    /// Answers that no request of an author should get.
    pub unexpected: Vec<String>,
}

#[derive(Debug)]
pub struct Message {
    /// The client message id, and the first word of all its texts.
    pub name: String,
    pub id: i64,
    pub steps: Vec<Step>,
}

/// An answer about a message.
#[derive(Debug, Clone)]
pub struct Step {
    pub what: What,
    pub sent: Instant,
    pub answered: Instant,
}

#[derive(Debug, Clone)]
pub enum What {
    /// The message has this text, by the event of this number.
    Text(String, i64),
    /// The message was deleted; by the event of this number, if that was answered.
    Deleted(Option<i64>),
    /// The message was not there, for a reason unknown to its author.
    Missing,
}

impl Display for What {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text, seq) => write!(f, "{text:?} by event {seq}"),
            Self::Deleted(Some(seq)) => write!(f, "deleted by event {seq}"),
            Self::Deleted(None) => write!(f, "deleted"),
            Self::Missing => write!(f, "missing"),
        }
    }
}

impl Step {
    pub fn seq(&self) -> Option<i64> {
        match self.what {
            What::Text(_, seq) => Some(seq),
            What::Deleted(seq) => seq,
            What::Missing => None,
        }
    }

    pub fn may_be_lost(&self, losses: &Losses) -> bool {
        let mut times = losses.0.iter();
        times.any(|(from, until)| self.answered >= *from && self.sent <= *until)
    }
}

impl Message {
    /// Whether the message may have the text `stored` in the end, or be gone.
    pub fn may_be(&self, stored: Option<&str>, losses: &Losses) -> bool {
        let mut allowed = vec![None];
        for step in &self.steps {
            let outcome = match &step.what {
                What::Text(text, _) => Some(text.as_str()),
                What::Deleted(_) => None,
                What::Missing if allowed.contains(&None) => None,
                What::Missing => return false,
            };
            if !step.may_be_lost(losses) {
                allowed.clear();
            }
            allowed.push(outcome);
        }
        allowed.contains(&stored)
    }
}
