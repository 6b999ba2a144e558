use std::collections::BTreeSet;
use std::future::poll_fn;
use std::sync::Arc;
use std::task::Poll;

use aftermatch_model::{
    EventKind, MessageId, RequestId, Revision, Room, RoomEvent, RoomId, RoomView, Seq, SessionId,
    Text,
};

use super::subject::RelaySubject;
use crate::RemoteEvent;

/// An event that one instance publishes reaches the other one with its room, its
/// number and its request id; if it is lost, publishing it again helps.
pub async fn published_event_reaches_other_instance<S: RelaySubject>() {
    let subject = S::connected().await;
    let first = [
        event(1, 1, RequestId::NONE),
        event(1, i64::MAX, RequestId::new("1500000")),
        event(i64::MAX, 7, RequestId::new(r#""two  spaces, \n, 🦀 ""#)),
    ];
    let second = [event(2, 3, RequestId::new("null"))];
    exchange(&subject, &first, &second).await;
}

/// An instance receives only events that the other one published: none of its own,
/// and none that nobody published.
pub async fn instance_receives_only_what_others_published<S: RelaySubject>() {
    let subject = S::connected().await;
    let [first, second] = [1, 2].map(|room| {
        let events = (1..=100).map(|seq| event(room, seq, RequestId::new("7")));
        events.collect::<Vec<_>>()
    });
    let [by_first, by_second] = exchange(&subject, &first, &second).await;
    for (received, published) in [(by_first, second), (by_second, first)] {
        let published: Vec<_> = published.iter().map(remote).collect();
        for event in received {
            assert!(published.contains(&event), "{event:?}");
        }
    }
}

/// Publishing returns at once even while nobody receives, and later events still
/// arrive.
pub async fn publish_returns_while_nobody_receives<S: RelaySubject>() {
    let subject = S::connected().await;
    exchange(&subject, &[event(1, 1, RequestId::NONE)], &[]).await;
    for seq in 2..=30_000 {
        subject.instances()[0].publish(&event(1, seq, RequestId::NONE));
    }
    exchange(&subject, &[event(1, 30_001, RequestId::NONE)], &[]).await;
}

/// How often an event is published that does not arrive.
const ATTEMPTS: usize = 2_000;

/// Publishes `first` at the first instance and `second` at the second one until
/// each of them has arrived at the other one. Returns what each instance received.
async fn exchange<S: RelaySubject>(
    subject: &S,
    first: &[RoomEvent],
    second: &[RoomEvent],
) -> [Vec<RemoteEvent>; 2] {
    let instances = subject.instances();
    let mut receiving = instances.map(|instance| instance.receive());
    let mut received = [Vec::new(), Vec::new()];
    let mut missing = [first, second].map(|events| events.iter().collect::<Vec<_>>());
    for _ in 0..ATTEMPTS {
        for (instance, missing) in instances.iter().zip(&missing) {
            missing.iter().for_each(|event| instance.publish(event));
        }
        let mut pause = subject.pause();
        poll_fn(|context| {
            for (nth, instance) in instances.iter().enumerate() {
                while let Poll::Ready(events) = receiving[nth].as_mut().poll(context) {
                    missing[1 - nth].retain(|event| !events.contains(&remote(event)));
                    received[nth].extend(events);
                    receiving[nth] = instance.receive();
                }
            }
            pause.as_mut().poll(context)
        })
        .await;
        if missing.iter().all(Vec::is_empty) {
            return received;
        }
    }
    let missing: BTreeSet<_> = missing.iter().flatten().map(|event| event.seq).collect();
    panic!("published {ATTEMPTS} times and never received: {missing:?}");
}

/// The event as another instance receives it.
fn remote(event: &RoomEvent) -> RemoteEvent {
    RemoteEvent {
        room: event.room.room.id,
        seq: event.seq,
        request_id: event.request_id.clone(),
    }
}

fn event(room: i64, seq: i64, request_id: RequestId) -> RoomEvent {
    let room = Arc::new(Room {
        id: RoomId(room),
        revision: Revision(1),
        participants: Vec::new(),
    });
    RoomEvent {
        seq: Seq(seq),
        room: RoomView {
            room,
            has_business: false,
        },
        requester: Some(SessionId(1)),
        request_id,
        kind: EventKind::Edited {
            id: MessageId(1),
            text: Text::stored("hello"),
        },
    }
}
