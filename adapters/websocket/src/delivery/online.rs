//! Brands that come and go, for those who follow presence: the port [`Online`].

use aftermatch_ports::{
    Online, PresenceChange,
    model::{BrandId, Contact, RoomId, Timestamp},
};
use async_trait::async_trait;

use super::hub::Hub;

#[async_trait]
impl Online for Hub {
    async fn changes(&self) -> Vec<PresenceChange> {
        self.online.changes().await
    }

    fn deliver(&self, brand: BrandId, last_seen: Option<Timestamp>, rooms: &[RoomId]) {
        for room in rooms {
            if let Some(channel) = self.channel(*room) {
                let connections = channel.lock().presence(brand, last_seen);
                for connection in connections {
                    connection.outbox().flush();
                }
            }
        }
        self.followers.presence(brand, rooms);
    }

    fn watch(&self) {
        self.online.watch();
    }

    fn contact(&self, brand: BrandId) -> Contact {
        self.online.contact(brand)
    }
}
