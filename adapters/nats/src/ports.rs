use aftermatch_ports::{
    Interest, Relay, RemoteEvent, Signal, Urgency,
    model::{BrandId, Revision, RoomEvent, RoomId, UserId},
};
use async_trait::async_trait;

use crate::Nats;

#[async_trait]
impl Relay for Nats {
    async fn ready(&self) {
        self.wait_for_servers().await;
    }

    fn publish(&self, event: &RoomEvent, author: Revision) {
        if let Some(server) = self.server(event.room.room.id.0) {
            server.outgoing.publish(event, author, server.is_up());
        }
    }

    async fn receive(&self) -> Vec<RemoteEvent> {
        self.events.receive(self.run()).await
    }

    async fn signals(&self) -> Vec<Signal> {
        self.signals.receive(self.run()).await
    }
}

impl Interest for Nats {
    /// However soon: there is one subject for each room.
    fn room_wanted(&self, room: RoomId, urgency: Option<Urgency>) {
        if let Some(server) = self.server(room.0) {
            server.outgoing.want(room, urgency.is_some());
        }
    }

    fn all_wanted(&self, wanted: bool) {
        for server in &self.servers {
            server.outgoing.want_all(wanted);
        }
    }

    fn reads_wanted(&self, user: UserId, wanted: bool) {
        if let Some(server) = self.server(user.0) {
            server.outgoing.want_reads(user, wanted);
        }
    }

    fn presence_wanted(&self, wanted: bool) {
        for server in &self.servers {
            server.processes.want_online(wanted);
            server.outgoing.want_presence(wanted);
        }
    }

    fn online(&self, brand: BrandId, is_online: bool) {
        if let Some(server) = self.server(brand.0) {
            let is_watched = || server.processes.is_watched();
            server.outgoing.online(brand, is_online, is_watched);
        }
    }

    fn signal(&self, signal: Signal) {
        let id = match signal {
            Signal::Typing { room, .. } | Signal::Read { room, .. } => room.0,
            Signal::OwnRead { user, .. } => user.0,
            Signal::Presence { .. } => return,
        };
        if let Some(server) = self.server(id) {
            server.outgoing.signal(signal, server.is_up());
        }
    }
}
