use std::{
    fmt::Debug,
    future::poll_fn,
    pin::Pin,
    task::{Context, Poll},
};

use super::subject::RelaySubject;
use crate::{Relay, RemoteEvent, Signal};

/// How often is waited for what does not come.
const ATTEMPTS: usize = 2_000;

/// What both instances receive: events, or signals.
pub(super) struct Receiving<'a, S, T> {
    subject: &'a S,
    receive: fn(&'a dyn Relay) -> Next<'a, T>,
    next: [Next<'a, T>; 2],
    pub(super) received: [Vec<T>; 2],
}

type Next<'a, T> = Pin<Box<dyn Future<Output = Vec<T>> + Send + 'a>>;

impl<'a, S: RelaySubject> Receiving<'a, S, RemoteEvent> {
    pub(super) fn events(subject: &'a S) -> Self {
        Self::new(subject, |instance| instance.receive())
    }
}

impl<'a, S: RelaySubject> Receiving<'a, S, Signal> {
    pub(super) fn signals(subject: &'a S) -> Self {
        Self::new(subject, |instance| instance.signals())
    }
}

impl<'a, S: RelaySubject, T: Debug> Receiving<'a, S, T> {
    fn new(subject: &'a S, receive: fn(&'a dyn Relay) -> Next<'a, T>) -> Self {
        Self {
            subject,
            receive,
            next: subject.instances().map(receive),
            received: [Vec::new(), Vec::new()],
        }
    }

    /// Receives until both instances are ready.
    pub(super) async fn ready(&mut self) {
        for instance in self.subject.instances() {
            let mut ready = instance.ready();
            poll_fn(|context| {
                self.poll(context);
                ready.as_mut().poll(context)
            })
            .await;
        }
    }

    /// Receives until `is_over` says so.
    pub(super) async fn until(&mut self, is_over: impl Fn(&[Vec<T>; 2]) -> bool) {
        for _ in 0..ATTEMPTS {
            if is_over(&self.received) {
                return;
            }
            self.pause().await;
        }
        panic!("received only {:?}", self.received);
    }

    /// Receives what has arrived.
    fn poll(&mut self, context: &mut Context<'_>) {
        for (nth, instance) in self.subject.instances().into_iter().enumerate() {
            while let Poll::Ready(received) = self.next[nth].as_mut().poll(context) {
                self.received[nth].extend(received);
                self.next[nth] = (self.receive)(instance);
            }
        }
    }

    /// Receives for a moment.
    pub(super) async fn pause(&mut self) {
        let mut pause = self.subject.pause();
        poll_fn(|context| {
            self.poll(context);
            pause.as_mut().poll(context)
        })
        .await;
    }
}
