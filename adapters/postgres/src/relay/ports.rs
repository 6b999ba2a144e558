use aftermatch_ports::{
    Changes, Difference, Expected, Interest, Relay, RemoteEvent, Revisions, StoreError,
    model::{Revision, RoomEvent, RoomId},
};
use async_trait::async_trait;

use crate::{directory::revisions, error::unavailable, store::Postgres};

#[async_trait]
impl Revisions for Postgres {
    async fn recheck(&self) {
        self.notifications.recheck().await;
    }

    async fn changes(&self) -> Result<Changes, StoreError> {
        revisions::changes(self).await.map_err(unavailable)
    }

    async fn compare(&self, expected: Expected) -> Result<Difference, StoreError> {
        let difference = revisions::compare(self, expected).await;
        difference.map_err(unavailable)
    }
}

#[async_trait]
impl Relay for Postgres {
    async fn ready(&self) {
        self.notifications.ready().await;
    }

    fn publish(&self, event: &RoomEvent, author: Revision) {
        self.notifications.send(event, author);
    }

    async fn receive(&self) -> Vec<RemoteEvent> {
        self.notifications.receive().await
    }
}

impl Interest for Postgres {
    fn wanted(&self, room: RoomId) {
        self.notifications.want(room);
    }

    fn unwanted(&self, room: RoomId) {
        self.notifications.unwant(room);
    }
}
