use std::collections::HashMap;

use aftermatch_ports::{
    RemoteEvent,
    model::{LogHead, RoomId},
};

use crate::lately::Lately;

/// The most rooms of which a number is held. The next recheck finds the rest.
const MAX_ROOMS: usize = 10_000;

/// The last event of each of some rooms.
#[derive(Default)]
pub struct Heads(HashMap<RoomId, LogHead>);

impl Heads {
    /// Of too many rooms, some are left out.
    pub fn raise(&mut self, room: RoomId, head: LogHead) {
        if self.0.len() >= MAX_ROOMS && !self.0.contains_key(&room) {
            return;
        }
        let last = self.0.entry(room).or_insert(head);
        // Events of one room may come out of order.
        if last.epoch != head.epoch || last.last_seq < head.last_seq {
            *last = head;
        }
    }

    /// Each as an event without its content.
    pub fn into_events(self) -> impl Iterator<Item = RemoteEvent> {
        self.0.into_iter().map(|(room, head)| bare(room, head))
    }
}

/// The last event that this process published lately in each room: invariant 13.
#[derive(Default)]
pub struct Recent(Lately<Heads>);

impl Recent {
    /// Of too many rooms, some are not remembered.
    pub fn remember(&mut self, room: RoomId, head: LogHead) {
        self.0.current().raise(room, head);
    }

    /// The last events of all rooms, without their content.
    pub fn all_events(&self) -> impl Iterator<Item = RemoteEvent> {
        let heads = self.0.parts().flat_map(|heads| &heads.0);
        heads.map(|(room, head)| bare(*room, *head))
    }

    /// The last events in `room`, without their content.
    pub fn events(&self, room: RoomId) -> impl Iterator<Item = RemoteEvent> {
        let heads = self.0.parts();
        heads.filter_map(move |heads| Some(bare(room, *heads.0.get(&room)?)))
    }
}

fn bare(room: RoomId, head: LogHead) -> RemoteEvent {
    RemoteEvent {
        room,
        epoch: head.epoch,
        seq: head.last_seq,
        content: None,
    }
}

#[cfg(test)]
mod tests {
    use aftermatch_ports::model::{Epoch, Seq};
    use tokio::time::advance;

    use super::*;
    use crate::lately::PERIOD;

    fn head(seq: i64) -> LogHead {
        LogHead {
            epoch: Epoch { store: 1, room: 2 },
            last_seq: Seq(seq),
        }
    }

    fn seqs(recent: &Recent, room: i64) -> Vec<i64> {
        recent.events(RoomId(room)).map(|each| each.seq.0).collect()
    }

    #[tokio::test(start_paused = true)]
    async fn recent_event_is_remembered_for_a_while() {
        let mut recent = Recent::default();
        for seq in [2, 3, 1] {
            recent.remember(RoomId(1), head(seq));
        }
        assert_eq!(seqs(&recent, 1), [3]);
        assert!(seqs(&recent, 2).is_empty());
        advance(PERIOD).await;
        recent.remember(RoomId(2), head(1));
        assert_eq!(seqs(&recent, 1), [3]);
        advance(PERIOD).await;
        recent.remember(RoomId(2), head(2));
        assert!(seqs(&recent, 1).is_empty());
        assert_eq!(seqs(&recent, 2), [1, 2]);
    }

    #[tokio::test(start_paused = true)]
    async fn rooms_are_bounded() {
        let mut recent = Recent::default();
        let most = i64::try_from(MAX_ROOMS).unwrap();
        for room in 1..=most + 1 {
            recent.remember(RoomId(room), head(1));
        }
        assert_eq!(seqs(&recent, most), [1]);
        assert!(seqs(&recent, most + 1).is_empty());
        recent.remember(RoomId(1), head(2));
        assert_eq!(seqs(&recent, 1), [2]);
        advance(PERIOD).await;
        recent.remember(RoomId(most + 1), head(1));
        assert_eq!(seqs(&recent, most + 1), [1]);
    }
}
