use std::collections::BTreeSet;
use std::mem;

use aftermatch_model::{Epoch, Pen, Revision, Room, RoomEvent, RoomId, RoomKind, Seq, UserId};

use super::fixtures::{ODD_TEXTS, odd_request_ids};
use super::receiving::Receiving;
use super::relay_events::{
    arrived, created, deleted, edited, event, event_in, is_of, publish, view,
};
use super::subject::RelaySubject;
use crate::{RemoteEvent, Urgency};

/// A create, an edit and a deletion that one instance publishes reach the other one
/// with all that they are; if one is lost, publishing it again helps.
pub async fn published_event_reaches_other_instance<S: RelaySubject>() {
    let subject = connected::<S>().await;
    let mut events = Vec::new();
    for (nth, text) in (1..).zip(ODD_TEXTS) {
        let client_msg_id = (nth % 2 == 0).then_some("A.b_c:d-9");
        events.push(event::<S>(nth, created::<S>(text, client_msg_id)));
        events.push(event::<S>(nth + 100, edited(text)));
        events.push(event::<S>(nth + 200, deleted(&[nth, i64::MAX, -nth])));
    }
    for (nth, request_id) in (301..).zip(odd_request_ids()) {
        let event = event::<S>(nth, edited("hello"));
        events.push(RoomEvent {
            request_id,
            ..event
        });
    }
    let first = event::<S>(i64::MAX, edited("hello"));
    let room = Room {
        id: RoomId(i64::MAX),
        revision: Revision(i64::MAX),
        epoch: Epoch {
            store: u32::MAX,
            room: i64::MAX,
        },
        participants: Vec::new(),
        kind: RoomKind::default(),
        pen: Pen::default(),
        frozen: false,
    };
    events.push(RoomEvent {
        epoch: room.epoch,
        at: S::moment(-1),
        by: UserId(i64::MAX),
        room: view(room),
        requester: None,
        ..first
    });
    let second = [event::<S>(3, deleted(&[1]))];
    exchange(&subject, &events, &second).await;
}

/// An event that is too large to be sent arrives without its content, or with all
/// of it.
pub async fn large_event_reaches_other_instance<S: RelaySubject>() {
    let subject = connected::<S>().await;
    let text = "🦀".repeat(10_000);
    let ids: Vec<_> = (0..1_000).map(|id| i64::MAX - id).collect();
    let events = [
        event::<S>(1, created::<S>(&text, None)),
        event::<S>(2, edited("small")),
        event::<S>(3, edited(&text)),
        event::<S>(4, deleted(&ids)),
    ];
    exchange(&subject, &events, &[]).await;
}

/// Texts of any length arrive, whatever limits there are on the way.
pub async fn event_of_any_length_reaches_other_instance<S: RelaySubject>() {
    let subject = connected::<S>().await;
    let lengths = (7_300..=8_100).step_by(7);
    let events = lengths.map(|length| {
        let text = "x".repeat(length);
        event::<S>(i64::try_from(length).unwrap(), edited(&text))
    });
    exchange(&subject, &events.collect::<Vec<_>>(), &[]).await;
}

/// An instance receives only events that the other one published, as they are: none
/// of its own, and none that nobody published.
pub async fn instance_receives_only_what_others_published<S: RelaySubject>() {
    let subject = connected::<S>().await;
    let [first, second] = [1, 2].map(|by| {
        let events = (1..=100).map(|seq| RoomEvent {
            by: UserId(by),
            ..event::<S>(seq, edited("hello"))
        });
        events.collect::<Vec<_>>()
    });
    let [by_first, by_second] = exchange(&subject, &first, &second).await;
    for (received, published) in [(by_first, second), (by_second, first)] {
        for event in received {
            let published = published.iter().any(|other| is_of(&event, other));
            assert!(published, "{event:?}");
        }
    }
}

/// An instance that is ready receives what the other one publishes from then on, in
/// the order in which it was published.
pub async fn ready_instance_receives_events_in_order<S: RelaySubject>() {
    let subject = connected::<S>().await;
    let mut receiving = Receiving::events(&subject);
    receiving.ready().await;
    let events = (1..=500).map(|seq| {
        let text = ODD_TEXTS[usize::try_from(seq).unwrap() % ODD_TEXTS.len()];
        event::<S>(seq, edited(text))
    });
    let events: Vec<_> = events.collect();
    for (nth, event) in events.iter().enumerate() {
        for instance in subject.instances() {
            publish(instance, event);
        }
        // Some are sent together, some alone.
        if nth % 100 == 0 {
            receiving.pause().await;
        }
    }
    // Numbers may come besides.
    let whole = |event: &&RemoteEvent| event.content.is_some();
    let complete = |received: &Vec<_>| received.iter().filter(whole).count() >= 500;
    for _ in 0..ATTEMPTS {
        if receiving.received.iter().all(complete) {
            break;
        }
        receiving.pause().await;
    }
    for received in receiving.received {
        let received: Vec<_> = received.iter().filter(whole).collect();
        let seqs = received.iter().map(|event| event.seq.0);
        assert!(seqs.eq(1..=500), "each once and in order");
        let mut both = received.iter().zip(&events);
        assert!(both.all(|(received, event)| arrived(received, event)));
    }
}

/// Every event that is published after an instance wanted its room is received there, or
/// its number; also if the room was not wanted for a moment, or becomes more or less urgent.
pub async fn event_after_room_is_wanted_is_noticed<S: RelaySubject>() {
    let subject = S::connected().await;
    let mut receiving = Receiving::events(&subject);
    receiving.ready().await;
    let [author, _] = subject.instances();
    let [_, reader] = subject.interests();
    for (nth, room) in (1..=300).map(RoomId).enumerate() {
        let publish = |seq| publish(author, &event_in::<S>(room, seq, edited("hello")));
        publish(1);
        if nth % 3 == 0 {
            reader.room_wanted(room, Some(Urgency::AtOnce));
            reader.room_wanted(room, None);
        }
        if nth % 5 == 0 {
            receiving.pause().await;
        }
        let [first, second] = URGENCIES[nth % URGENCIES.len()];
        reader.room_wanted(room, Some(first));
        if nth % 7 == 0 {
            receiving.pause().await;
        }
        publish(2);
        reader.room_wanted(room, Some(second));
        if nth % 11 == 0 {
            receiving.pause().await;
        }
        publish(3);
    }
    let mut missing: BTreeSet<_> = (1..=300).map(RoomId).collect();
    for _ in 0..ATTEMPTS {
        for event in &receiving.received[1] {
            if event.seq == Seq(3) {
                missing.remove(&event.room);
            }
        }
        if missing.is_empty() {
            return;
        }
        receiving.pause().await;
    }
    panic!("nothing was received of {missing:?}");
}

/// An instance that wants all rooms receives the events of each, or their numbers.
pub async fn instance_that_wants_all_receives_every_room<S: RelaySubject>() {
    let subject = S::connected().await;
    let mut receiving = Receiving::events(&subject);
    receiving.ready().await;
    let [author, _] = subject.instances();
    let [_, reader] = subject.interests();
    reader.all_wanted(true);
    for room in (1..=50).map(RoomId) {
        receiving.pause().await;
        publish(author, &event_in::<S>(room, 1, edited("hello")));
    }
    let mut missing: BTreeSet<_> = (1..=50).map(RoomId).collect();
    for _ in 0..ATTEMPTS {
        for event in &receiving.received[1] {
            missing.remove(&event.room);
        }
        if missing.is_empty() {
            return;
        }
        receiving.pause().await;
    }
    panic!("nothing was received of {missing:?}");
}

/// Publishing returns at once even while nobody receives, and later events still
/// arrive.
pub async fn publish_returns_while_nobody_receives<S: RelaySubject>() {
    let subject = connected::<S>().await;
    let event = |seq| event::<S>(seq, edited("hello"));
    exchange(&subject, &[event(1)], &[]).await;
    for seq in 2..=30_000 {
        publish(subject.instances()[0], &event(seq));
    }
    exchange(&subject, &[event(30_001)], &[]).await;
}

/// How urgent a room is at first, and then.
const URGENCIES: [[Urgency; 2]; 4] = [
    [Urgency::AtOnce, Urgency::AtOnce],
    [Urgency::Soon, Urgency::Soon],
    [Urgency::Soon, Urgency::AtOnce],
    [Urgency::AtOnce, Urgency::Soon],
];

/// How often an event is published that does not arrive.
const ATTEMPTS: usize = 2_000;

/// Two instances that want the rooms of the events here.
async fn connected<S: RelaySubject>() -> S {
    let subject = S::connected().await;
    for interest in subject.interests() {
        interest.room_wanted(RoomId(1), Some(Urgency::AtOnce));
        interest.room_wanted(RoomId(i64::MAX), Some(Urgency::AtOnce));
    }
    subject
}

/// Publishes `first` at the first instance and `second` at the second one until
/// each of them has arrived at the other one. Returns what each instance received.
async fn exchange<S: RelaySubject>(
    subject: &S,
    first: &[RoomEvent],
    second: &[RoomEvent],
) -> [Vec<RemoteEvent>; 2] {
    let mut receiving = Receiving::events(subject);
    let mut missing = [first, second].map(|events| events.iter().collect::<Vec<_>>());
    let mut all = [Vec::new(), Vec::new()];
    for _ in 0..ATTEMPTS {
        for (instance, missing) in subject.instances().into_iter().zip(&missing) {
            missing.iter().for_each(|event| publish(instance, event));
        }
        receiving.pause().await;
        let received = mem::take(&mut receiving.received);
        for (missing, received) in missing.iter_mut().rev().zip(&received) {
            missing.retain(|event| !received.iter().any(|other| arrived(other, event)));
        }
        for (all, received) in all.iter_mut().zip(received) {
            all.extend(received);
        }
        if missing.iter().all(Vec::is_empty) {
            return all;
        }
    }
    let missing: BTreeSet<_> = missing.iter().flatten().map(|event| event.seq).collect();
    panic!("published {ATTEMPTS} times and never received: {missing:?}");
}
