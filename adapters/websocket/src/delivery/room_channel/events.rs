//! The order of the events.

use std::cmp::Ordering;

use aftermatch_ports::model::{Eviction, LogHead, RoomEvent};
use tokio::sync::oneshot;

use super::{
    After, Position, RoomChannel, delivering::Delivered, pending::Waiting, reply::reply_only,
};

/// When an event is to be delivered.
enum Turn {
    Now,
    Later,
    /// An event with its number was delivered already.
    Past,
    /// It is of another log than this room's.
    Never,
}

impl RoomChannel {
    /// Delivers `event` if it is its turn, and then those that waited for it. Else
    /// the event waits, and so can the caller.
    pub(in crate::delivery) fn broadcast(
        &mut self,
        event: RoomEvent,
    ) -> (Option<oneshot::Receiver<()>>, After) {
        let mut after = After::default();
        // Invariant 6.
        if self.subscribers.is_empty() {
            after.reply(reply_only(&event));
            return (None, after);
        }
        match self.turn(&event) {
            Turn::Now => {
                let Delivered {
                    reply, excluded, ..
                } = self.deliver(&event);
                after.reply(reply);
                self.exclude(excluded, &mut after);
                if self.gap.is_some() {
                    self.deliver_pending(&mut after);
                    self.settle(true, &mut after);
                }
            }
            Turn::Later => return (self.wait(event, &mut after), after),
            Turn::Past if self.went_back(&event) => {
                self.close(Eviction::Restarted, &mut after);
                after.reply(reply_only(&event));
            }
            Turn::Past => after.reply(self.respond(&event)),
            Turn::Never => {
                after.reply(reply_only(&event));
                self.doubt(&mut after);
            }
        }
        (None, after)
    }

    /// Takes events that nobody here requested, each for its turn.
    pub(in crate::delivery) fn insert(&mut self, events: Vec<RoomEvent>) -> After {
        let (mut after, mut moved) = (After::default(), false);
        if self.subscribers.is_empty() {
            return after;
        }
        for event in events {
            match self.turn(&event) {
                Turn::Now if self.pending.is_empty() => {
                    self.deliver_unrequested(&event, &mut after);
                    moved = true;
                }
                // The same event may wait there, with its requester.
                Turn::Now => {
                    self.pending.put_if_absent(event);
                    self.deliver_pending(&mut after);
                    moved = true;
                }
                Turn::Later => self.pending.put_if_absent(event),
                Turn::Past if self.went_back(&event) => {
                    self.close(Eviction::Restarted, &mut after);
                    return after;
                }
                Turn::Past => {}
                Turn::Never => self.doubt(&mut after),
            }
        }
        self.settle(moved, &mut after);
        after
    }

    /// The room's log goes this far, at least.
    pub(in crate::delivery) fn expect(&mut self, head: LogHead) -> After {
        let mut after = After::default();
        if !self.subscribers.is_empty() {
            self.know(head, &mut after);
        }
        after
    }

    pub(super) fn know(&mut self, head: LogHead, after: &mut After) {
        if self
            .position
            .is_some_and(|position| position.epoch != head.epoch)
        {
            return self.doubt(after);
        }
        let further = |known: LogHead| known.epoch != head.epoch || known.last_seq < head.last_seq;
        if self.expected.is_none_or(further) {
            self.expected = Some(head);
            self.settle(false, after);
        }
    }

    fn turn(&self, event: &RoomEvent) -> Turn {
        let Some(Position { epoch, next, .. }) = self.position else {
            return Turn::Later;
        };
        if event.epoch != epoch {
            return Turn::Never;
        }
        match event.seq.cmp(&next) {
            Ordering::Less => Turn::Past,
            Ordering::Equal => Turn::Now,
            Ordering::Greater => Turn::Later,
        }
    }

    /// Whether an event with a number that was delivered is later than all that was
    /// delivered: the numbers went back, as after the restore of a copy. In one log a
    /// later event never has an earlier time.
    fn went_back(&self, event: &RoomEvent) -> bool {
        self.latest.is_some_and(|latest| event.at > latest)
    }

    /// Holds an event until its turn.
    fn wait(&mut self, mut event: RoomEvent, after: &mut After) -> Option<oneshot::Receiver<()>> {
        let (delivered, turn) = oneshot::channel();
        let (mut delivered, mut turn) = (Some(delivered), Some(turn));
        // Invariant 5: nobody knows when the room will be anchored.
        if self.position.is_none() && !self.has_seat(event.requester) {
            after.reply(reply_only(&event));
            event.requester = None;
            (delivered, turn) = (None, None);
        }
        let turn_of_event = Waiting {
            event,
            turn: delivered,
        };
        if let Some(replaced) = self.pending.put(turn_of_event) {
            after.answer(replaced);
        }
        self.settle(false, after);
        turn
    }

    /// Delivers what waits and whose turn it is.
    pub(super) fn deliver_pending(&mut self, after: &mut After) {
        while let Some(Position { next, .. }) = self.position
            && let Some(Waiting { event, turn }) = self.pending.take_due(next)
        {
            if event.seq < next {
                after.reply_in_turn(self.respond(&event), turn);
            } else if turn.is_some() {
                let Delivered {
                    reply, excluded, ..
                } = self.deliver(&event);
                after.reply_in_turn(reply, turn);
                self.exclude(excluded, after);
            } else {
                self.deliver_unrequested(&event, after);
            }
        }
    }
}
