use std::{collections::BTreeMap, convert::Infallible, mem};

use aftermatch_ports::{
    Signal,
    model::{BrandId, RoomId, Seq, UserId},
};
use parking_lot::Mutex;
use tokio::sync::Notify;

use crate::{bounded::entry, receive::receive, recent_reads::MAX_POSITIONS};

/// The most of those who type that wait. Others are dropped.
const MAX_WAITING: usize = 1_000;

/// The most read positions of each kind that wait: all that another process remembers. Nothing
/// else makes up for a lost one, so of each user in each room the last one waits.
const MAX_READS: usize = 2 * MAX_POSITIONS;

/// Signals that wait, to be sent or to be received.
#[derive(Default)]
pub struct SignalQueue {
    waiting: Mutex<Waiting>,
    pushed: Notify,
}

#[derive(Default)]
struct Waiting {
    typing: Vec<Signal>,
    /// Where users have read rooms up to, and what others are shown of that.
    read: BTreeMap<(RoomId, UserId), (Seq, Option<Seq>)>,
    own_read: BTreeMap<(RoomId, UserId), Seq>,
    /// The last of each brand, however many there are: none may be wrong for long.
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
            Signal::Read {
                room,
                user,
                seq,
                shown,
            } => {
                let first = (seq, shown);
                if let Some(read) = entry(&mut waiting.read, MAX_READS, (room, user), first) {
                    *read = (read.0.max(seq), read.1.max(shown));
                }
            }
            Signal::OwnRead { room, user, seq } => {
                if let Some(read) = entry(&mut waiting.own_read, MAX_READS, (room, user), seq) {
                    *read = (*read).max(seq);
                }
            }
            Signal::Typing { .. } if waiting.typing.len() < MAX_WAITING => {
                waiting.typing.push(signal)
            }
            Signal::Typing { .. } => return,
        }
        drop(waiting);
        self.pushed.notify_one();
    }

    /// All signals, as soon as there are some. Until then it runs the connection from which
    /// they come. Cancel-safe, if the connection is.
    pub async fn receive(&self, connection: impl Future<Output = Infallible>) -> Vec<Signal> {
        receive(|| self.take(), &self.pushed, connection).await
    }

    /// All signals.
    pub fn take(&self) -> Vec<Signal> {
        let Waiting {
            typing,
            read,
            own_read,
            presence,
        } = mem::take(&mut *self.waiting.lock());
        let read = read.into_iter();
        let read = read.map(|((room, user), (seq, shown))| Signal::Read {
            room,
            user,
            seq,
            shown,
        });
        let own_read = own_read.into_iter();
        let own_read = own_read.map(|((room, user), seq)| Signal::OwnRead { room, user, seq });
        let presence = presence.into_iter();
        let presence = presence.map(|(brand, is_online)| Signal::Presence { brand, is_online });
        let read = read.chain(own_read);
        typing.into_iter().chain(read).chain(presence).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn overflow_keeps_last_of_each_user_and_brand() {
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
        let read = |user, seq, shown| Signal::Read {
            room: RoomId(1),
            user: UserId(user),
            seq: Seq(seq),
            shown,
        };
        for signal in [
            read(1, 5, None),
            read(2, 7, Some(Seq(7))),
            read(1, 4, Some(Seq(4))),
        ] {
            queue.push(signal);
        }
        for signal in [presence(1, true), presence(2, true), presence(1, false)] {
            queue.push(signal);
        }
        let mut taken = queue.take();
        let kept = taken.split_off(MAX_WAITING);
        let last = [
            read(1, 5, Some(Seq(4))),
            read(2, 7, Some(Seq(7))),
            presence(1, false),
            presence(2, true),
        ];
        assert_eq!(kept, last);
        assert!(queue.take().is_empty());
    }

    #[test]
    fn read_positions_are_bounded() {
        let queue = SignalQueue::default();
        let most = i64::try_from(MAX_READS).unwrap();
        let [first, last] = [1, most + 1].map(|user| (RoomId(1), UserId(user)));
        for user in 1..=most + 1 {
            let (room, user, seq) = (RoomId(1), UserId(user), Seq(1));
            queue.push(Signal::OwnRead { room, user, seq });
            queue.push(Signal::Read {
                room,
                user,
                seq,
                shown: None,
            });
        }
        let (room, user) = first;
        queue.push(Signal::OwnRead {
            room,
            user,
            seq: Seq(2),
        });
        let waiting = queue.waiting.lock();
        assert_eq!([waiting.read.len(), waiting.own_read.len()], [MAX_READS; 2]);
        assert_eq!(waiting.own_read.get(&first), Some(&Seq(2)));
        assert!(!waiting.own_read.contains_key(&last));
    }
}
