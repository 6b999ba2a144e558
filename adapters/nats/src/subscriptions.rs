use std::{collections::HashMap, pin::Pin};

use aftermatch_ports::model::{RoomId, UserId};
use async_nats::{Message, Subscriber};
use futures_util::{Stream, StreamExt, stream::SelectAll};
use tokio::sync::oneshot;

/// The subscriptions to rooms and to users.
#[derive(Default)]
pub(crate) struct Subscriptions {
    pub(crate) messages: SelectAll<Pin<Box<dyn Stream<Item = Message> + Send>>>,
    /// Dropped to end a subscription.
    pub(crate) rooms: HashMap<RoomId, oneshot::Sender<()>>,
    pub(crate) all: Option<oneshot::Sender<()>>,
    pub(crate) reads: HashMap<UserId, oneshot::Sender<()>>,
}

impl Subscriptions {
    /// Receives the messages until what this returns is dropped.
    pub(crate) fn add(&mut self, subscriber: Subscriber) -> oneshot::Sender<()> {
        let (end, ended) = oneshot::channel();
        let messages = subscriber.take_until(ended);
        self.messages.push(Box::pin(messages));
        end
    }
}
