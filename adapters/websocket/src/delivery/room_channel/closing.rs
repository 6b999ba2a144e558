//! The end of a log: every seat in it ends.

use std::{mem, sync::Arc};

use aftermatch_ports::model::{Epoch, Eviction, LogHead, RoomEvent, SessionId};
use aftermatch_protocol::event as frames;

use super::{After, Closed, Position, RoomChannel};
use crate::encode;

impl RoomChannel {
    /// Takes every seat away, if the log delivered here is that of `epoch`.
    pub(in crate::delivery) fn close_log(&mut self, epoch: Epoch, reason: Eviction) -> After {
        let mut after = After::default();
        if self
            .position
            .is_some_and(|position| position.epoch == epoch)
        {
            self.close(reason, &mut after);
        }
        after
    }

    /// Takes every seat away. The channel is as if new.
    pub(super) fn close(&mut self, reason: Eviction, after: &mut After) {
        self.end(reason, None, after);
    }

    /// The room was read for the session's reserved seat, up to `head`. Whether
    /// everything after it is delivered here.
    pub(in crate::delivery) fn anchor(
        &mut self,
        session: SessionId,
        head: LogHead,
    ) -> (bool, After) {
        let mut after = After::default();
        let reached = match self.position {
            Some(Position { epoch, first, .. }) if epoch == head.epoch => {
                self.know(head, &mut after);
                head.last_seq.next() >= first
            }
            Some(Position { epoch, .. }) => {
                self.end(epoch.ended_by(head.epoch), Some(session), &mut after);
                self.start(head, &mut after);
                // An event of the log that begins may have been dropped; or the room was
                // read long ago, and this log is the one that has ended.
                self.doubt(&mut after);
                true
            }
            None => {
                self.start(head, &mut after);
                true
            }
        };
        if let Some(subscriber) = self.subscriber(session).filter(|_| reached) {
            subscriber.anchor();
        }
        (reached, after)
    }

    /// Begins to deliver the log, after `head`.
    fn start(&mut self, head: LogHead, after: &mut After) {
        let next = head.last_seq.next();
        self.position = Some(Position {
            epoch: head.epoch,
            first: next,
            next,
        });
        // Those who read the room up to here have read these as well.
        let follows = |event: &RoomEvent| event.epoch == head.epoch && event.seq > head.last_seq;
        for waiting in self.pending.take_unless(follows) {
            if waiting.event.epoch != head.epoch {
                self.doubt(after);
            }
            after.answer(waiting);
        }
        if self
            .expected
            .take_if(|known| known.epoch != head.epoch)
            .is_some()
        {
            self.doubt(after);
        }
        self.deliver_pending(after);
        self.settle(true, after);
    }

    /// Ends the log here, and the seats in it: invariant 8. `anchoring`: the session
    /// that is being anchored in the log that follows.
    fn end(&mut self, reason: Eviction, anchoring: Option<SessionId>, after: &mut After) {
        if let Some(room) = self.room() {
            let notice = encode::text(&frames::room_closed(room, reason));
            let (mut seats, mut connections) = (0, Vec::new());
            self.subscribers.retain_mut(|subscriber| {
                let ended = if !subscriber.is_reserved() {
                    subscriber.connection.outbox().push(notice.clone());
                    subscriber.connection.leave(room);
                    connections.push(Arc::clone(&subscriber.connection));
                    true
                } else if anchoring.is_none()
                    || subscriber.is_anchored() && anchoring != Some(subscriber.seat.session)
                {
                    subscriber.end(&notice)
                } else {
                    let lost = subscriber.restart(&notice);
                    if lost {
                        connections.push(Arc::clone(&subscriber.connection));
                    }
                    lost
                };
                seats += u64::from(ended);
                subscriber.is_reserved()
            });
            after.closed.push(Closed {
                reason,
                seats,
                connections,
            });
        }
        // After the notices: a client that joins again goes on after the last event
        // before its notice, so that a response out of turn must not precede it.
        for waiting in self.pending.take_unless(|_| false) {
            after.answer(waiting);
        }
        *self = Self {
            subscribers: mem::take(&mut self.subscribers),
            deadline: self.deadline,
            unsent: self.unsent,
            flushing: self.flushing,
            signals: self.signals.ended(),
            ..Self::default()
        };
    }

    /// If nobody is left, what remains to be done.
    pub(in crate::delivery) fn abandon_if_empty(&mut self) -> Option<After> {
        self.subscribers.is_empty().then(|| {
            let mut after = After::default();
            for waiting in self.pending.take_unless(|_| false) {
                after.answer(waiting);
            }
            after
        })
    }
}
