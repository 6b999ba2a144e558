use std::{collections::BTreeMap, mem};

use aftermatch_ports::{Signal, model::BrandId};
use parking_lot::Mutex;
use tokio::sync::Notify;

/// The most signals that wait. Others are dropped, except those of brands, of which the last
/// one of each waits.
const MAX_WAITING: usize = 1_000;

/// Signals that wait, to be sent or to be received.
#[derive(Default)]
pub struct SignalQueue {
    waiting: Mutex<Waiting>,
    pushed: Notify,
}

#[derive(Default)]
struct Waiting {
    signals: Vec<Signal>,
    presence: BTreeMap<BrandId, bool>,
}

impl SignalQueue {
    /// Adds a signal.
    pub fn push(&self, signal: Signal) {
        let mut waiting = self.waiting.lock();
        match signal {
            Signal::Presence { brand, is_online } => {
                waiting.presence.insert(brand, is_online);
            }
            _ if waiting.signals.len() < MAX_WAITING => waiting.signals.push(signal),
            _ => return,
        }
        drop(waiting);
        self.pushed.notify_one();
    }

    /// Waits until something was pushed. Cancel-safe: invariant 10.
    pub async fn wait(&self) {
        self.pushed.notified().await;
    }

    /// All signals.
    pub fn take(&self) -> Vec<Signal> {
        let Waiting { signals, presence } = mem::take(&mut *self.waiting.lock());
        let presence = presence.into_iter();
        let presence = presence.map(|(brand, is_online)| Signal::Presence { brand, is_online });
        signals.into_iter().chain(presence).collect()
    }
}

#[cfg(test)]
mod tests {
    use aftermatch_ports::model::{RoomId, UserId};

    use super::*;

    #[test]
    fn overflow_keeps_last_presence_of_each_brand() {
        let queue = SignalQueue::default();
        for _ in 0..2 * MAX_WAITING {
            queue.push(Signal::Typing {
                room: RoomId(1),
                user: UserId(1),
                is_typing: true,
            });
        }
        let presence = |brand, is_online| Signal::Presence {
            brand: BrandId(brand),
            is_online,
        };
        for signal in [presence(1, true), presence(2, true), presence(1, false)] {
            queue.push(signal);
        }
        let mut taken = queue.take();
        let brands = taken.split_off(MAX_WAITING);
        assert_eq!(brands, [presence(1, false), presence(2, true)]);
        assert!(queue.take().is_empty());
    }
}
