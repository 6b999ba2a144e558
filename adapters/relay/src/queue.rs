use std::{convert::Infallible, mem};

use aftermatch_ports::{RemoteEvent, model::LogHead};
use parking_lot::Mutex;
use tokio::sync::Notify;

use crate::{heads::Heads, receive::receive};

/// The most events that wait as they are.
const MAX_WAITING: usize = 10_000;

/// Events that wait, to be sent or to be received: invariant 4.
#[derive(Default)]
pub struct Queue {
    waiting: Mutex<Waiting>,
    pushed: Notify,
}

#[derive(Default)]
struct Waiting {
    events: Vec<RemoteEvent>,
    /// The last event of each room of which more did not fit.
    heads: Heads,
}

impl Queue {
    /// Adds an event.
    pub fn push(&self, event: RemoteEvent) {
        self.waiting.lock().push(event);
        self.pushed.notify_one();
    }

    /// All events, as soon as there are some. Until then it runs the connection from which
    /// they come. Cancel-safe, if the connection is.
    pub async fn receive(&self, connection: impl Future<Output = Infallible>) -> Vec<RemoteEvent> {
        receive(|| self.take(), &self.pushed, connection).await
    }

    /// All events; those that did not fit without their content.
    pub fn take(&self) -> Vec<RemoteEvent> {
        let Waiting { mut events, heads } = mem::take(&mut *self.waiting.lock());
        events.extend(heads.into_events());
        events
    }
}

impl Waiting {
    fn push(&mut self, event: RemoteEvent) {
        if self.events.len() < MAX_WAITING {
            self.events.push(event);
        } else {
            let head = LogHead {
                epoch: event.epoch,
                last_seq: event.seq,
            };
            self.heads.raise(event.room, head);
        }
    }
}

#[cfg(test)]
mod tests {
    use aftermatch_ports::{
        RemoteContent, RemoteKind,
        model::{Epoch, MessageId, RequestId, Revision, RoomId, Seq, UserId},
    };
    use time::OffsetDateTime;

    use super::*;

    fn event(room: i64, seq: i64) -> RemoteEvent {
        RemoteEvent {
            room: RoomId(room),
            epoch: Epoch { store: 1, room: 2 },
            seq: Seq(seq),
            content: Some(RemoteContent {
                at: OffsetDateTime::UNIX_EPOCH.into(),
                by: UserId(3),
                author: Revision(4),
                room: Revision(5),
                request_id: RequestId::NONE,
                kind: RemoteKind::Deleted {
                    ids: vec![MessageId(6)],
                },
            }),
        }
    }

    #[test]
    fn overflow_keeps_last_number_of_rooms() {
        let queue = Queue::default();
        let capacity = i64::try_from(MAX_WAITING).unwrap();
        for seq in 1..=capacity {
            queue.push(event(1, seq));
        }
        for seq in [2, 3, 1] {
            queue.push(event(2, seq));
        }
        for room in 3..3 * capacity {
            queue.push(event(room, 1));
        }
        let mut sent = queue.take();
        let rest = sent.split_off(MAX_WAITING);
        assert!((1..=capacity).map(|seq| event(1, seq)).eq(sent));
        assert_eq!(rest.len(), MAX_WAITING);
        assert!(rest.iter().all(|event| event.content.is_none()));
        assert!(queue.take().is_empty());
        let second = rest.iter().find(|event| event.room == RoomId(2));
        assert_eq!(second.map(|event| event.seq), Some(Seq(3)));
    }
}
