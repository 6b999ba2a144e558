use aftermatch_ports::model::RoomEvent;

use crate::{Ports, sync};

/// The one exit of every event that this process commits: to the other processes
/// and to everyone joined here.
pub(super) async fn publish(ports: &Ports, event: RoomEvent) {
    ports.relay.publish(&event);
    let (room, seq) = (event.room.room.id, event.seq);
    if let Err(since) = ports.broadcast.broadcast(event).await {
        sync::remote_events::backfill(ports, room, since, seq.before()).await;
    }
}
