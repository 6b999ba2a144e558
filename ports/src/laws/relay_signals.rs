use aftermatch_model::{BrandId, RoomId, Seq, UserId};

use super::receiving::Receiving;
use super::subject::RelaySubject;
use crate::Signal;

const ROOM: RoomId = RoomId(1);
const OTHER: RoomId = RoomId(2);

fn typing(room: RoomId, user: i64, is_typing: bool) -> Signal {
    Signal::Typing {
        room,
        user: UserId(user),
        is_typing,
    }
}

fn read(user: i64, seq: i64, shown: Option<i64>) -> Signal {
    Signal::Read {
        room: ROOM,
        user: UserId(user),
        seq: Seq(seq),
        shown: shown.map(Seq),
    }
}

fn presence(brand: i64, is_online: bool) -> Signal {
    Signal::Presence {
        brand: BrandId(brand),
        is_online,
    }
}

/// Signals of a room reach the other instance as they are, if it wants the room, and no
/// others do.
pub async fn signals_reach_instance_that_wants_room<S: RelaySubject>() {
    let subject = S::connected().await;
    let mut receiving = Receiving::signals(&subject);
    receiving.ready().await;
    let [first, second] = subject.interests();
    second.wanted(ROOM);
    let signals = [
        typing(ROOM, 3, true),
        typing(ROOM, i64::MIN, false),
        read(i64::MAX, 42, Some(41)),
        read(4, i64::MAX, None),
    ];
    receiving
        .until(|received| {
            first.signal(typing(OTHER, 3, true));
            signals.iter().for_each(|signal| first.signal(*signal));
            signals.iter().all(|signal| received[1].contains(signal))
        })
        .await;
    assert!(receiving.received[0].is_empty(), "nothing comes back");
    // Before an instance has said what it wants, it may receive more.
    receiving.received = [Vec::new(), Vec::new()];
    receiving
        .until(|received| {
            first.signal(typing(OTHER, 3, true));
            first.signal(read(4, 43, Some(43)));
            received[1]
                .iter()
                .filter(|signal| **signal == read(4, 43, Some(43)))
                .count()
                > 2
        })
        .await;
    assert!(!receiving.received[1].contains(&typing(OTHER, 3, true)));
}

/// An instance that wants to know learns which brands have connections at the other one: those
/// that have had some, and those that come and go.
pub async fn presence_reaches_instance_that_wants_it<S: RelaySubject>() {
    let subject = S::connected().await;
    let mut receiving = Receiving::signals(&subject);
    receiving.ready().await;
    let [first, second] = subject.interests();
    first.online(BrandId(1), true);
    first.online(BrandId(2), true);
    first.online(BrandId(2), false);
    second.online(BrandId(9), true);
    second.presence_wanted(true);
    receiving
        .until(|received| received[1].contains(&presence(1, true)))
        .await;
    assert!(!receiving.received[1].contains(&presence(2, true)));
    first.online(BrandId(3), true);
    receiving
        .until(|received| received[1].contains(&presence(3, true)))
        .await;
    first.online(BrandId(1), false);
    receiving
        .until(|received| received[1].contains(&presence(1, false)))
        .await;
    assert!(receiving.received[0].is_empty(), "it did not want to know");
    // Who wants to know no longer, and then again, learns all again.
    second.presence_wanted(false);
    receiving.pause().await;
    receiving.received = [Vec::new(), Vec::new()];
    second.presence_wanted(true);
    receiving
        .until(|received| received[1].contains(&presence(3, true)))
        .await;
    // Also at once.
    receiving.received = [Vec::new(), Vec::new()];
    second.presence_wanted(false);
    second.presence_wanted(true);
    receiving
        .until(|received| received[1].contains(&presence(3, true)))
        .await;
}
