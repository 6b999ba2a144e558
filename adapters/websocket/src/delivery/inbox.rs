//! The newest state of rooms, for the connections that follow them: the port [`Inbox`].

mod frames;

use std::slice;

use aftermatch_ports::{
    DueRoom, Inbox, RoomState, Scope, Summary,
    model::{BrandId, Eviction, Following, LogHead, RoomEvent, RoomId, Seq, SessionId, Viewer},
};
use async_trait::async_trait;

use super::{followers::Delivery, hub::Hub};

#[async_trait]
impl Inbox for Hub {
    fn following(&self, session: SessionId) -> Following {
        self.followers.following(session)
    }

    fn follow(&self, session: SessionId, following: Following) -> Option<Scope> {
        let connection = self.connection(session)?;
        let before = connection.receives();
        self.online.receives(before.presence, following.presence);
        self.wants.reads(
            connection.user,
            before.read_positions,
            following.read_positions,
        );
        self.followers.follow(&connection, following)
    }

    fn turn_to(&self, session: SessionId, viewer: Viewer) -> Option<Scope> {
        // Locked, so that the connection does not end meanwhile.
        let connections = self.connections.read();
        let connection = connections.get(&session)?;
        let before = connection.viewer();
        let (followed, unloaded) = self.followers.turn_to(connection, viewer);
        if let Viewer::Brand(brand) = viewer {
            self.online.connected(brand);
        }
        if let Viewer::Brand(brand) = before {
            self.online.disconnected(brand);
        }
        for room in followed {
            frames::send_removed(room, Eviction::BrandLost, slice::from_ref(connection));
        }
        unloaded
    }

    async fn next_load(&self, scope: Scope) -> bool {
        match scope {
            Scope::Brand { .. } => true,
            Scope::All => {
                let is_needed = || self.followers.is_loading(scope);
                self.loads.next(is_needed).await
            }
        }
    }

    fn scopes(&self) -> Vec<Scope> {
        self.followers.scopes()
    }

    fn load(&self, scope: Scope, rooms: Vec<(RoomId, RoomState)>) {
        self.followers.load(scope, rooms);
        if scope == Scope::All {
            self.loads.loaded();
        }
    }

    fn written(&self, room: RoomId, seq: Seq) {
        self.followers.written(room, seq);
    }

    fn event(&self, event: &RoomEvent) {
        for (summary, delivery) in self.followers.event(event) {
            self.send_state(&summary, &delivery);
        }
    }

    fn is_next(&self, room: RoomId, head: LogHead) -> bool {
        self.followers.is_next(room, head)
    }

    fn changed(&self, rooms: Vec<RoomId>, participants: Vec<(RoomId, BrandId)>) {
        self.followers.changed(&rooms, &participants);
    }

    async fn due(&self) -> Vec<DueRoom> {
        loop {
            let (due, known) = self.followers.due().await;
            for (summary, delivery) in known {
                self.send_state(&summary, &delivery);
            }
            if !due.is_empty() {
                return due;
            }
        }
    }

    fn deliver(&self, due: DueRoom, summary: Result<Summary, Eviction>) {
        match summary {
            Ok(summary) => {
                let delivery = self.followers.delivered(due, &summary);
                self.send_state(&summary, &delivery);
            }
            Err(reason) => {
                let connections = self.followers.removed(due);
                frames::send_removed(due.room, reason, &connections);
            }
        }
    }

    fn postpone(&self, due: DueRoom) {
        self.followers.postpone(due);
    }
}

impl Hub {
    fn send_state(&self, summary: &Summary, delivery: &Delivery) {
        let online = || self.online.of(&summary.listed.view.room);
        frames::send(summary, delivery, online);
    }
}
