use aftermatch_model::{BrandId, RoomId, Seq, UserId};

use super::receiving::Receiving;
use super::subject::RelaySubject;
use crate::{Signal, Urgency};

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

fn own_read(user: i64, seq: i64) -> Signal {
    Signal::OwnRead {
        room: ROOM,
        user: UserId(user),
        seq: Seq(seq),
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
    second.room_wanted(ROOM, Some(Urgency::AtOnce));
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

/// How far a user has read reaches the other instance as it is, if it wants that of the user,
/// whatever rooms it wants; and does not reach it otherwise.
pub async fn own_reads_reach_instance_that_wants_user<S: RelaySubject>() {
    let subject = S::connected().await;
    let mut receiving = Receiving::signals(&subject);
    receiving.ready().await;
    let [first, second] = subject.interests();
    for user in [3, 4, i64::MAX] {
        second.reads_wanted(UserId(user), true);
    }
    second.reads_wanted(UserId(4), false);
    second.room_wanted(ROOM, Some(Urgency::AtOnce));
    receiving
        .until(|received| {
            first.signal(own_read(3, 42));
            first.signal(own_read(i64::MAX, i64::MAX));
            received[1].contains(&own_read(3, 42))
                && received[1].contains(&own_read(i64::MAX, i64::MAX))
        })
        .await;
    second.reads_wanted(UserId(3), false);
    second.reads_wanted(UserId(4), true);
    receiving
        .until(|received| {
            first.signal(own_read(4, 1));
            received[1].contains(&own_read(4, 1))
        })
        .await;
    // Until an instance knows what is no longer wanted, it may send more.
    let mut seq = 1;
    loop {
        seq += 1;
        assert!(seq < 2_000, "it is still wanted");
        receiving.received = [Vec::new(), Vec::new()];
        first.signal(own_read(3, 43));
        for unwanted in [5, 4 + 256] {
            first.signal(own_read(unwanted, 43));
        }
        first.signal(own_read(4, seq));
        receiving
            .until(|received| received[1].contains(&own_read(4, seq)))
            .await;
        receiving.pause().await;
        // A relay may send the read positions of several users the same way.
        for unwanted in [5, 4 + 256] {
            assert!(!receiving.received[1].contains(&own_read(unwanted, 43)));
        }
        if !receiving.received[1].contains(&own_read(3, 43)) {
            break;
        }
    }
    assert!(receiving.received[0].is_empty(), "nothing comes back");
}

/// How far users have read reaches the other instance also if that begins to want their rooms
/// or the users just then.
pub async fn read_after_room_is_wanted_is_noticed<S: RelaySubject>() {
    let subject = S::connected().await;
    let mut receiving = Receiving::signals(&subject);
    receiving.ready().await;
    let [first, second] = subject.interests();
    let mut missing = Vec::new();
    for nth in 1..=100 {
        let read = Signal::Read {
            room: RoomId(nth),
            user: UserId(nth % 7),
            seq: Seq(nth),
            shown: Some(Seq(nth)),
        };
        let own = own_read(1_000 + nth, nth);
        if nth % 5 == 0 {
            receiving.pause().await;
        }
        let urgency = if nth % 2 == 0 {
            Urgency::Soon
        } else {
            Urgency::AtOnce
        };
        second.room_wanted(RoomId(nth), Some(urgency));
        second.reads_wanted(UserId(1_000 + nth), true);
        if nth % 7 == 0 {
            receiving.pause().await;
        }
        for signal in [read, own] {
            first.signal(signal);
            missing.push(signal);
        }
    }
    second.all_wanted(true);
    let unnamed = Signal::Read {
        room: RoomId(i64::MAX),
        user: UserId(3),
        seq: Seq(1),
        shown: None,
    };
    first.signal(unnamed);
    missing.push(unnamed);
    receiving
        .until(|received| missing.iter().all(|signal| received[1].contains(signal)))
        .await;
    assert!(receiving.received[0].is_empty(), "nothing comes back");
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
    // One that goes meanwhile is not taken for online.
    second.presence_wanted(false);
    receiving.pause().await;
    first.online(BrandId(3), false);
    first.online(BrandId(4), true);
    receiving.received = [Vec::new(), Vec::new()];
    second.presence_wanted(true);
    receiving
        .until(|received| received[1].contains(&presence(4, true)))
        .await;
    let last = |brand| {
        let received = receiving.received[1].iter();
        received.rev().find(|signal| matches!(signal, Signal::Presence { brand: other, .. } if *other == BrandId(brand)))
    };
    assert_ne!(last(3), Some(&presence(3, true)));
    first.online(BrandId(3), true);
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
