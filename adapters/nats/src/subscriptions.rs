//! The subscriptions to rooms and to users.

use std::{
    collections::{HashMap, HashSet},
    hash::Hash,
    pin::Pin,
};

use async_nats::{Client, Message, client::SubscribeError};
use futures_util::{Stream, StreamExt, stream::SelectAll};
use tokio::sync::oneshot;

/// The subscriptions to rooms and to users.
#[derive(Default)]
pub(crate) struct Subscriptions {
    pub(crate) messages: SelectAll<Pin<Box<dyn Stream<Item = Message> + Send>>>,
    /// By their subjects.
    open: HashMap<String, Subscription>,
}

struct Subscription {
    /// How many rooms or users need it.
    needed: usize,
    /// Dropped to end it.
    _end: oneshot::Sender<()>,
}

impl Subscriptions {
    /// Subscribes to what is wanted now, ends what nobody needs any more, and returns what is
    /// new.
    pub(crate) async fn change<K: Copy + Eq + Hash>(
        &mut self,
        client: &Client,
        changes: HashMap<K, bool>,
        subject: impl Fn(K) -> String,
    ) -> Result<HashSet<K>, SubscribeError> {
        let mut new = HashSet::new();
        for (one, wanted) in changes {
            let subject = subject(one);
            if wanted {
                self.add(client, subject).await?;
                new.insert(one);
            } else {
                self.remove(&subject);
            }
        }
        Ok(new)
    }

    async fn add(&mut self, client: &Client, subject: String) -> Result<(), SubscribeError> {
        if let Some(subscription) = self.open.get_mut(&subject) {
            subscription.needed += 1;
            return Ok(());
        }
        let subscriber = client.subscribe(subject.clone()).await?;
        let (end, ended) = oneshot::channel();
        self.messages.push(Box::pin(subscriber.take_until(ended)));
        let subscription = Subscription {
            needed: 1,
            _end: end,
        };
        self.open.insert(subject, subscription);
        Ok(())
    }

    fn remove(&mut self, subject: &str) {
        if let Some(subscription) = self.open.get_mut(subject) {
            subscription.needed -= 1;
            if subscription.needed == 0 {
                self.open.remove(subject);
            }
        }
    }
}
