//! Pushes that wait for the platform to ask for them.

use std::{
    collections::BTreeSet,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use super::{
    fixtures::two_rooms,
    operations::let_others_run,
    subject::{Subject, Work},
};
use crate::QueuedEvent;

const LONG: Duration = Duration::from_secs(1_000_000_000);

async fn empty<S: Subject>() -> S {
    S::with_world(two_rooms(vec![])).await
}

async fn put<S: Subject>(subject: &S, id: &str, body: &str) {
    let put = subject.event_queue().put(id, body.to_owned()).await;
    put.unwrap();
}

/// Events for `after`, which was a number.
async fn read<S: Subject>(subject: &S, after: Option<i64>, limit: usize) -> Vec<QueuedEvent> {
    let events = subject.event_queue().read(after, limit).await.unwrap();
    events.expect("a number that was there")
}

async fn ids<S: Subject>(subject: &S, after: Option<i64>) -> Vec<String> {
    let events = read(subject, after, 100).await.into_iter();
    events.map(|event| event.id).collect()
}

async fn three<S: Subject>() -> S {
    let subject = empty::<S>().await;
    for id in ["a", "b", "c"] {
        put(&subject, id, "{}").await;
    }
    subject
}

/// Events come with what they say, in the order in which they were stored, as often as they are
/// read.
pub async fn events_are_read_in_order_of_number<S: Subject>() {
    let subject: S = empty().await;
    assert_eq!(read(&subject, None, 9).await, []);
    let bodies = [r#"{"text": "\u0000 Ж"}"#, "{}", r#"{"b":1,"a":1.0}"#];
    for (id, body) in ["c", "a", "b"].into_iter().zip(bodies) {
        put(&subject, id, body).await;
    }
    let events = read(&subject, None, 9).await;
    let ids: Vec<_> = events.iter().map(|event| event.id.as_str()).collect();
    assert_eq!(ids, ["c", "a", "b"]);
    let found: Vec<_> = events.iter().map(|event| event.body.as_str()).collect();
    assert_eq!(found, bodies);
    assert!(events.is_sorted_by_key(|event| event.number), "{events:?}");
    assert!(events[0].number >= 1, "{events:?}");
    assert_eq!(read(&subject, None, 2).await, events[..2]);
}

/// An event whose id waits already stays as it is.
pub async fn same_event_again_changes_nothing<S: Subject>() {
    let subject: S = three().await;
    let before = read(&subject, None, 9).await;
    put(&subject, "a", r#"{"other": 1}"#).await;
    assert_eq!(read(&subject, None, 9).await, before);
}

/// Events up to `after` are removed, and others stay.
pub async fn events_dealt_with_are_removed<S: Subject>() {
    let subject: S = three().await;
    let first = read(&subject, None, 1).await[0].number;
    assert_eq!(ids(&subject, Some(0)).await, ["a", "b", "c"]);
    assert_eq!(ids(&subject, Some(first)).await, ["b", "c"]);
    assert_eq!(ids(&subject, None).await, ["b", "c"]);
    // The same request again.
    assert_eq!(ids(&subject, Some(first)).await, ["b", "c"]);
    let last = read(&subject, None, 9).await[1].number;
    assert_eq!(read(&subject, Some(last), 9).await, []);
    assert_eq!(subject.event_queue().waiting().await.unwrap().count, 0);
    assert_eq!(read(&subject, Some(last), 9).await, []);
}

/// A number that no event has had yet removes nothing.
pub async fn number_that_never_was_removes_nothing<S: Subject>() {
    let subject: S = empty().await;
    let queue = subject.event_queue();
    assert_eq!(queue.read(Some(1), 9).await.unwrap(), None);
    for id in ["a", "b", "c"] {
        put(&subject, id, "{}").await;
    }
    let last = read(&subject, None, 9).await[2].number;
    for after in [last + 1, i64::MAX] {
        assert_eq!(queue.read(Some(after), 9).await.unwrap(), None);
    }
    assert_eq!(ids(&subject, None).await, ["a", "b", "c"]);
}

/// An event that comes again after it was removed has another, higher number.
pub async fn number_is_never_used_again<S: Subject>() {
    let subject: S = three().await;
    let last = read(&subject, None, 9).await[2].number;
    assert_eq!(read(&subject, Some(last), 9).await, []);
    put(&subject, "a", "{}").await;
    let again = read(&subject, Some(last), 9).await;
    assert_eq!(again.len(), 1);
    assert!(again[0].number > last, "{again:?}");
}

/// While many store events, a reader never finds a new one before one that it has seen.
pub async fn concurrent_events_become_visible_in_order<S: Subject>() {
    const WRITERS: usize = 4;
    const EVENTS: usize = 25;
    let subject: Arc<S> = Arc::new(empty().await);
    let writing = Arc::new(AtomicUsize::new(WRITERS));
    let mut work: Vec<Work> = Vec::new();
    for writer in 0..WRITERS {
        let (subject, writing) = (subject.clone(), writing.clone());
        work.push(Box::pin(async move {
            for nth in 0..EVENTS {
                put(&*subject, &format!("{writer}_{nth}"), "{}").await;
            }
            writing.fetch_sub(1, Ordering::SeqCst);
        }));
    }
    let reader = subject.clone();
    work.push(Box::pin(async move {
        let mut seen = BTreeSet::new();
        loop {
            let is_last = writing.load(Ordering::SeqCst) == 0;
            let last = seen.last().copied().unwrap_or(0);
            for event in read(&*reader, None, 1_000).await {
                let is_new = seen.insert(event.number);
                assert!(!is_new || event.number > last, "{event:?} after {last}");
            }
            if is_last {
                break;
            }
            let_others_run().await;
        }
        assert_eq!(seen.len(), WRITERS * EVENTS);
    }));
    S::in_parallel(work).await;
}

/// Of the oldest `limit` events, those that nobody asked for in time are removed.
pub async fn old_events_expire_oldest_first<S: Subject>() {
    let subject: S = three().await;
    let queue = subject.event_queue();
    assert_eq!(queue.waiting().await.unwrap().count, 3);
    assert_eq!(queue.expire(LONG, 9).await.unwrap(), 0);
    assert_eq!(queue.expire(Duration::ZERO, 2).await.unwrap(), 2);
    assert_eq!(ids(&subject, None).await, ["c"]);
    assert_eq!(queue.expire(Duration::ZERO, 2).await.unwrap(), 1);
    assert_eq!(queue.expire(Duration::ZERO, 2).await.unwrap(), 0);
    let waiting = queue.waiting().await.unwrap();
    assert_eq!((waiting.count, waiting.oldest), (0, Duration::ZERO));
}
