use aftermatch_ports::model::{Revision, RoomEvent};

use crate::Ports;

/// The one exit of every event that this process commits: to the other processes
/// and to everyone here who has joined the room or follows it. `author` is the revision of the
/// user who caused it.
pub(crate) async fn publish(ports: &Ports, event: RoomEvent, author: Revision) {
    ports.relay.publish(&event, author);
    ports.inbox.event(&event);
    ports.broadcast.broadcast(event).await;
}
