use aftermatch_ports::{
    Changes, Difference, Expected, Interest, Relay, RemoteEvent, Revisions, Signal, StoreError,
    Urgency,
    model::{BrandId, LogHead, Revision, RoomEvent, RoomId, UserId},
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

    async fn platform_events(&self) -> Vec<(RoomId, LogHead)> {
        self.notifications.platform_events().await
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

    async fn signals(&self) -> Vec<Signal> {
        self.notifications.signals().await
    }
}

impl Interest for Postgres {
    fn room_wanted(&self, room: RoomId, urgency: Option<Urgency>) {
        self.notifications.want(room, urgency);
    }

    fn all_wanted(&self, wanted: bool) {
        self.notifications.want_all(wanted);
    }

    fn reads_wanted(&self, user: UserId, wanted: bool) {
        self.notifications.want_reads(user, wanted);
    }

    fn presence_wanted(&self, wanted: bool) {
        self.notifications.want_presence(wanted);
    }

    fn online(&self, brand: BrandId, is_online: bool) {
        self.notifications.online(brand, is_online);
    }

    fn signal(&self, signal: Signal) {
        self.notifications.signal(signal);
    }
}
