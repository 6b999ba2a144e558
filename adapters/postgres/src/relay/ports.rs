use aftermatch_ports::{
    Relay, RemoteEvent, Revisions, Stale, StoreError,
    model::{Revision, RoomEvent, RoomVersion, UserId},
};
use async_trait::async_trait;

use crate::{directory::revisions, error::unavailable, store::Postgres};

#[async_trait]
impl Revisions for Postgres {
    async fn recheck(&self) {
        self.notifications.recheck().await;
    }

    async fn stale(
        &self,
        users: Vec<(UserId, Revision)>,
        rooms: Vec<RoomVersion>,
    ) -> Result<Stale, StoreError> {
        let stale = revisions::compare(self, users, rooms).await;
        stale.map_err(unavailable)
    }
}

#[async_trait]
impl Relay for Postgres {
    fn publish(&self, event: &RoomEvent) {
        self.notifications.send(|| RemoteEvent {
            room: event.room.room.id,
            seq: event.seq,
            request_id: event.request_id.clone(),
        });
    }

    async fn receive(&self) -> Vec<RemoteEvent> {
        self.notifications.receive().await
    }
}
