use std::{collections::HashSet, pin::pin};

use aftermatch_ports::model::{
    Epoch, EventKind, MessageId, Pen, RequestId, Room, RoomKind, RoomView, Seq, Text, UserId,
};
use futures_util::FutureExt;
use time::OffsetDateTime;
use tokio::time::{advance, timeout};

use super::*;
use crate::relay::deadline::GATHERING;

use Urgency::{AtOnce, Soon};

fn event(room: i64) -> RoomEvent {
    let epoch = Epoch { store: 1, room: 2 };
    let room = Room {
        id: RoomId(room),
        revision: Revision(3),
        epoch,
        participants: Vec::new(),
        kind: RoomKind::default(),
        pen: Pen::default(),
        frozen: false,
    };
    RoomEvent {
        seq: Seq(1),
        epoch,
        at: OffsetDateTime::UNIX_EPOCH.into(),
        by: UserId(4),
        room: RoomView {
            room: Arc::new(room),
            has_business: false,
        },
        requester: None,
        request_id: RequestId::NONE,
        kind: EventKind::Edited {
            id: MessageId(5),
            text: Text::stored("text"),
        },
    }
}

/// The first word of each line, and for which processes.
fn sent(outgoing: &Outgoing) -> Vec<(To, String)> {
    let mut sent = Vec::new();
    for Notification { to, payload } in outgoing.take() {
        let lines = payload.lines();
        let words = lines.filter_map(|line| line.split(' ').next());
        sent.extend(words.map(|word| (to, word.to_owned())));
    }
    sent
}

/// Two other processes, which want nothing yet.
fn with_others() -> (Outgoing, Arc<Others>) {
    let others = Arc::new(Others::default());
    let outgoing = Outgoing::new(others.clone());
    others.connected(HashSet::from([7, 8]));
    others.listed(7);
    others.listed(8);
    outgoing.set_enabled(true);
    (outgoing, others)
}

/// Waits until what gathers is to be sent.
async fn gathered(outgoing: &Outgoing) {
    let gathered = timeout(2 * GATHERING, outgoing.wait()).await;
    gathered.expect("a deadline");
}

fn is_due(outgoing: &Outgoing) -> bool {
    outgoing.wait().now_or_never().is_some()
}

fn to(to: To, word: &str) -> (To, String) {
    (to, word.to_owned())
}

#[test]
fn single_process_queues_nothing() {
    let outgoing = Outgoing::new(Arc::default());
    outgoing.want(RoomId(1), Some(AtOnce));
    outgoing.push(&event(1), Revision(1));
    assert_eq!(sent(&outgoing), []);
    outgoing.confirm(7);
    let newcomer = To::One(7);
    let list = [
        to(To::All, "confirm"),
        to(newcomer, "want"),
        to(newcomer, "listed"),
    ];
    assert_eq!(sent(&outgoing), list);
}

#[test]
fn event_goes_to_those_who_want_it() {
    let others = Arc::new(Others::default());
    let outgoing = Outgoing::new(others.clone());
    others.connected(HashSet::from([7, 8, 9]));
    outgoing.set_enabled(true);
    outgoing.push(&event(1), Revision(1));
    assert_eq!(
        sent(&outgoing),
        [to(To::All, "1")],
        "they have said nothing"
    );
    for other in [7, 8, 9] {
        others.listed(other);
    }
    outgoing.push(&event(1), Revision(1));
    assert_eq!(sent(&outgoing), []);
    assert!(others.wants(8, RoomId(1), AtOnce));
    outgoing.remind(8, RoomId(1));
    outgoing.push(&event(1), Revision(1));
    assert_eq!(sent(&outgoing), [to(To::One(8), "1"), to(To::One(8), "1")]);
    outgoing.remind(8, RoomId(2));
    assert_eq!(sent(&outgoing), []);
}

#[tokio::test(start_paused = true)]
async fn events_for_followers_gather() {
    let (outgoing, others) = with_others();
    others.wants(7, RoomId(1), Soon);
    for _ in 0..3 {
        outgoing.push(&event(1), Revision(1));
        assert!(!is_due(&outgoing));
        advance(GATHERING / 3).await;
    }
    gathered(&outgoing).await;
    let [notification] = outgoing.take().try_into().expect("one notification");
    assert_eq!(notification.payload.lines().count(), 3);
    advance(GATHERING).await;
    assert!(!is_due(&outgoing), "nothing waits any more");
}

#[tokio::test(start_paused = true)]
async fn urgent_event_takes_along_what_waits() {
    let (outgoing, others) = with_others();
    others.wants(7, RoomId(1), Soon);
    others.wants(7, RoomId(2), AtOnce);
    outgoing.push(&event(1), Revision(1));
    assert!(!is_due(&outgoing));
    outgoing.push(&event(2), Revision(1));
    assert!(is_due(&outgoing));
    assert_eq!(sent(&outgoing), ["1", "2"].map(|room| to(To::One(7), room)));
    assert!(!is_due(&outgoing));
}

#[tokio::test(start_paused = true)]
async fn urgent_event_ends_wait_under_way() {
    let (outgoing, others) = with_others();
    others.wants(7, RoomId(1), Soon);
    others.wants(7, RoomId(2), AtOnce);
    outgoing.push(&event(1), Revision(1));
    let mut wait = pin!(outgoing.wait());
    assert!(wait.as_mut().now_or_never().is_none());
    outgoing.push(&event(2), Revision(1));
    assert!(wait.now_or_never().is_some());
}

#[tokio::test(start_paused = true)]
async fn room_that_becomes_urgent_waits_no_longer() {
    let (outgoing, others) = with_others();
    others.wants(7, RoomId(1), Soon);
    outgoing.push(&event(1), Revision(1));
    assert!(others.wants(7, RoomId(1), AtOnce));
    outgoing.remind(7, RoomId(1));
    assert!(is_due(&outgoing));
    assert_eq!(sent(&outgoing), ["1", "1"].map(|room| to(To::One(7), room)));
}

#[tokio::test(start_paused = true)]
async fn signals_of_followed_room_gather() {
    let (outgoing, others) = with_others();
    let (room, user) = (RoomId(1), UserId(3));
    let typing = Signal::Typing {
        room,
        user,
        is_typing: true,
    };
    let read = Signal::Read {
        room,
        user,
        seq: Seq(1),
        shown: None,
    };
    others.wants(7, room, Soon);
    outgoing.signal(typing);
    outgoing.signal(read);
    let seq = Seq(1);
    outgoing.signal(Signal::OwnRead { room, user, seq });
    assert!(!is_due(&outgoing));
    gathered(&outgoing).await;
    assert_eq!(
        sent(&outgoing),
        ["typing", "read"].map(|word| to(To::One(7), word))
    );
    others.wants(7, room, AtOnce);
    for (signal, word) in [(typing, "typing"), (read, "read")] {
        outgoing.signal(signal);
        assert!(is_due(&outgoing));
        assert_eq!(sent(&outgoing), [to(To::One(7), word)]);
    }
}
