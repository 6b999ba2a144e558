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
    /// By their subjects. Dropped to end one.
    open: HashMap<String, oneshot::Sender<()>>,
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
                self.open.remove(&subject);
            }
        }
        Ok(new)
    }

    async fn add(&mut self, client: &Client, subject: String) -> Result<(), SubscribeError> {
        let subscriber = client.subscribe(subject.clone()).await?;
        let (end, ended) = oneshot::channel();
        self.messages.push(Box::pin(subscriber.take_until(ended)));
        self.open.insert(subject, end);
        Ok(())
    }
}
