use std::collections::BTreeMap;

use aftermatch_ports::{
    Signal,
    model::{RoomId, Seq, UserId},
};

use crate::{bounded::entry, lately::Lately};

/// The most read positions of each kind that are remembered in a period. The rest is lost for
/// those who begin to want them just then.
pub(crate) const MAX_POSITIONS: usize = 10_000;

/// How far users have read lately, as this process has said. Who begins to want a room or a user
/// receives it: nothing else makes up for what was said just before.
#[derive(Default)]
pub struct RecentReads(Lately<Reads>);

#[derive(Default)]
struct Reads {
    of_rooms: BTreeMap<(RoomId, UserId), (Seq, Option<Seq>)>,
    of_users: BTreeMap<(UserId, RoomId), Seq>,
}

impl RecentReads {
    /// Remembers it if it is a read position.
    pub fn remember(&mut self, signal: Signal) {
        let Reads { of_rooms, of_users } = self.0.current();
        match signal {
            Signal::Read {
                room,
                user,
                seq,
                shown,
            } => {
                let first = (seq, shown);
                if let Some(read) = entry(of_rooms, MAX_POSITIONS, (room, user), first) {
                    *read = (read.0.max(seq), read.1.max(shown));
                }
            }
            Signal::OwnRead { room, user, seq } => {
                if let Some(read) = entry(of_users, MAX_POSITIONS, (user, room), seq) {
                    *read = (*read).max(seq);
                }
            }
            Signal::Typing { .. } | Signal::Presence { .. } => {}
        }
    }

    /// In `room`.
    #[must_use]
    pub fn of_room(&self, room: RoomId) -> Vec<Signal> {
        let all = (room, UserId(i64::MIN))..=(room, UserId(i64::MAX));
        let reads = self
            .0
            .parts()
            .map(|reads| reads.of_rooms.range(all.clone()));
        reads.flatten().map(read).collect()
    }

    /// In every room.
    #[must_use]
    pub fn of_all_rooms(&self) -> Vec<Signal> {
        let reads = self.0.parts().map(|reads| reads.of_rooms.iter());
        reads.flatten().map(read).collect()
    }

    /// By `user`, for its own connections.
    #[must_use]
    pub fn of_user(&self, user: UserId) -> Vec<Signal> {
        let all = (user, RoomId(i64::MIN))..=(user, RoomId(i64::MAX));
        let reads = self
            .0
            .parts()
            .map(|reads| reads.of_users.range(all.clone()));
        let own = reads.flatten().map(|((user, room), seq)| Signal::OwnRead {
            room: *room,
            user: *user,
            seq: *seq,
        });
        own.collect()
    }
}

fn read(((room, user), (seq, shown)): (&(RoomId, UserId), &(Seq, Option<Seq>))) -> Signal {
    Signal::Read {
        room: *room,
        user: *user,
        seq: *seq,
        shown: *shown,
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::advance;

    use super::*;
    use crate::lately::PERIOD;

    fn signals(room: i64, user: i64, seq: i64) -> [Signal; 2] {
        let (room, user, seq) = (RoomId(room), UserId(user), Seq(seq));
        let read = Signal::Read {
            room,
            user,
            seq,
            shown: Some(seq),
        };
        [read, Signal::OwnRead { room, user, seq }]
    }

    #[tokio::test(start_paused = true)]
    async fn last_positions_are_remembered_for_a_while() {
        let mut recent = RecentReads::default();
        for (room, user, seq) in [(1, 3, 4), (1, 3, 5), (1, 4, 5), (2, 3, 6)] {
            for signal in signals(room, user, seq) {
                recent.remember(signal);
            }
        }
        let [first, first_own] = signals(1, 3, 5);
        let [second, _] = signals(1, 4, 5);
        let [other, other_own] = signals(2, 3, 6);
        for _ in 0..2 {
            assert_eq!(recent.of_room(RoomId(1)), [first, second]);
            assert_eq!(recent.of_user(UserId(3)), [first_own, other_own]);
            assert_eq!(recent.of_all_rooms(), [first, second, other]);
            advance(PERIOD).await;
            recent.remember(signals(9, 9, 9)[1]);
        }
        assert_eq!(recent.of_all_rooms(), []);
        assert_eq!(recent.of_user(UserId(3)), []);
        assert_eq!(recent.of_user(UserId(9)).len(), 2);
        advance(2 * PERIOD).await;
        assert_eq!(recent.of_user(UserId(9)), [], "nobody has read since");
    }

    #[tokio::test(start_paused = true)]
    async fn read_positions_are_bounded() {
        let mut recent = RecentReads::default();
        let most = i64::try_from(MAX_POSITIONS).unwrap();
        for user in 1..=most + 1 {
            for signal in signals(1, user, 1) {
                recent.remember(signal);
            }
        }
        assert_eq!(recent.of_all_rooms().len(), MAX_POSITIONS);
        assert_eq!(recent.of_user(UserId(most + 1)), []);
        recent.remember(signals(1, 1, 2)[1]);
        assert_eq!(recent.of_user(UserId(1)), [signals(1, 1, 2)[1]]);
    }
}
