use std::time::Duration;

use aftermatch_model::{Candidate, Epoch, Message, MessageId, RoomId, Seq};
use async_trait::async_trait;

use crate::StoreError;

/// What is still to be pushed to the platform: for each room the number of the event up to
/// which nothing is left to do.
///
/// A reader of the [`Log`](crate::Log). What it returns comes in the order of `seq` in each
/// room, and again until it is [settled](Self::settle). One process at a time reads it; all
/// calls but [`find`](Self::find) fail in the others.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait Pushes: Send + Sync {
    /// Finds the rooms that have new messages; each is due after `limits.delay`. Returns what
    /// waits. `None`: another process reads, or did a moment ago.
    ///
    /// No message is skipped, whatever the order in which transactions end. Only the first call
    /// ever, and the first one after `limits.max_age` without any, begin with what comes next.
    /// Messages that are older than `limits.max_age` when they are found are left out.
    async fn find(&self, limits: PushLimits) -> Result<Option<Backlog>, StoreError>;

    /// At most `limit` rooms that are due, those that have waited longest first.
    async fn due(&self, limit: usize) -> Result<Vec<DuePush>, StoreError>;

    /// The first `limit` messages of a room that are to be pushed, as they are now. Deleted ones
    /// are left out. None are left if the room is gone.
    async fn read(&self, due: DuePush, limit: usize) -> Result<PushPage, StoreError>;

    /// What became of a room that was due. Has no effect if the room moved on meanwhile.
    async fn settle(&self, due: DuePush, settled: Settled) -> Result<(), StoreError>;

    /// Rooms with failed attempts are due now.
    async fn hasten(&self) -> Result<(), StoreError>;
}

/// From when on, and up to when, messages are to be pushed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PushLimits {
    /// How long after it was found a room is due.
    pub delay: Duration,
    /// How old a message may be when it is found.
    pub max_age: Duration,
}

/// How much waits to be pushed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Backlog {
    /// Rooms that have something.
    pub rooms: u64,
    /// The longest time for which one of them has not moved on.
    pub oldest: Duration,
    /// Messages that were given up.
    pub dead_letters: u64,
    /// Whether there may be more to find at once.
    pub has_more: bool,
}

/// A room in which something is to be pushed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DuePush {
    /// The room.
    pub room: RoomId,
    /// Its log.
    pub epoch: Epoch,
    /// Nothing is left to do up to this event.
    pub after: Seq,
    /// Events after this one were not found yet.
    pub upto: Seq,
    /// How many attempts of its next message have failed.
    pub failures: u32,
    /// This is a single message, which was given up and is to be tried again.
    pub is_dead_letter: bool,
}

/// What [`Pushes::read`] returns.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PushPage {
    /// Messages, each with how long ago it was created; `None` if its time is in the future.
    pub messages: Vec<(Message, Option<Duration>)>,
    /// The users of the participants.
    pub candidates: Vec<Candidate>,
}

/// What became of a room that was due.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Settled {
    /// Nothing is left to do up to this event.
    Done(Seq),
    /// It is due again after this time.
    Waits(Duration),
    /// An attempt of its next message has failed.
    Failed {
        /// It is due again after this time.
        again_in: Duration,
        /// Why, in a sentence.
        reason: String,
    },
    /// Its next message is given up: it becomes a dead letter, with the reason of the last
    /// failure, and the room moves on.
    GivenUp {
        /// The message.
        id: MessageId,
        /// The event that created it.
        seq: Seq,
    },
}
