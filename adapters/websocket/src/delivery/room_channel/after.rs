use std::sync::Arc;

use aftermatch_ports::model::Eviction;
use tokio::{sync::oneshot, time::Instant};

use super::{
    pending::Waiting,
    reply::{DirectReply, reply_only},
};
use crate::delivery::connection::Connection;

/// What remains to be done without the lock of the channel.
#[derive(Default)]
#[must_use]
pub(in crate::delivery) struct After {
    pub(in crate::delivery) replies: Vec<DirectReply>,
    /// The seats that were taken away.
    pub(in crate::delivery) closed: Vec<Closed>,
    /// When to look at this room.
    pub(in crate::delivery) deadline: Option<Instant>,
}

/// Seats that were taken away together.
pub(in crate::delivery) struct Closed {
    pub(in crate::delivery) reason: Eviction,
    /// How many, those included that are still reserved.
    pub(in crate::delivery) seats: u64,
    /// The connections whose notices are to be sent.
    pub(in crate::delivery) connections: Vec<Arc<Connection>>,
}

impl After {
    pub(super) fn reply(&mut self, reply: Option<DirectReply>) {
        self.replies.extend(reply);
    }

    /// Answers the requester of an event that will not be delivered.
    pub(super) fn answer(&mut self, Waiting { event, turn }: Waiting) {
        self.reply_in_turn(reply_only(&event), turn);
    }

    /// The task that waits for `turn` goes on after the reply, if there is one.
    pub(super) fn reply_in_turn(
        &mut self,
        reply: Option<DirectReply>,
        turn: Option<oneshot::Sender<()>>,
    ) {
        self.reply(reply.map(|reply| DirectReply { turn, ..reply }));
    }
}
