//! Pushes that wait for the platform to ask for them. They are forgotten with the process, like
//! everything here.

use std::{collections::VecDeque, time::Duration};

use aftermatch_ports::{EventQueue, QueuedEvent, StoreError, WaitingEvents, model::Timestamp};
use async_trait::async_trait;

use crate::Memory;

/// Events by number, each with when it was stored.
#[derive(Default)]
pub(crate) struct Queue {
    last: i64,
    events: VecDeque<(QueuedEvent, Timestamp)>,
}

#[async_trait]
impl EventQueue for Memory {
    async fn put(&self, id: &str, body: String) -> Result<(), StoreError> {
        let now = self.clock.now();
        let mut queue = self.events.lock();
        if queue.events.iter().any(|(event, _)| event.id == id) {
            return Ok(());
        }
        queue.last += 1;
        let event = QueuedEvent {
            number: queue.last,
            id: id.to_owned(),
            body,
        };
        queue.events.push_back((event, now));
        Ok(())
    }

    async fn read(
        &self,
        after: Option<i64>,
        limit: usize,
    ) -> Result<Option<Vec<QueuedEvent>>, StoreError> {
        let mut queue = self.events.lock();
        if let Some(after) = after {
            if after > queue.last {
                return Ok(None);
            }
            queue.events.retain(|(event, _)| event.number > after);
        }
        let events = queue.events.iter().take(limit);
        Ok(Some(events.map(|(event, _)| event.clone()).collect()))
    }

    async fn expire(&self, max_age: Duration, limit: usize) -> Result<usize, StoreError> {
        let now = self.clock.now();
        let mut queue = self.events.lock();
        let is_old = |at: Timestamp| now.since(at).is_some_and(|age| age >= max_age);
        let oldest = queue.events.iter().take(limit);
        let old = oldest.take_while(|(_, at)| is_old(*at)).count();
        queue.events.drain(..old);
        Ok(old)
    }

    async fn waiting(&self) -> Result<WaitingEvents, StoreError> {
        let now = self.clock.now();
        let queue = self.events.lock();
        let oldest = queue.events.front().and_then(|(_, at)| now.since(*at));
        Ok(WaitingEvents {
            count: queue.events.len().min(10_000) as u64,
            oldest: oldest.unwrap_or_default(),
        })
    }
}
