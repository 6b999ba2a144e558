use aftermatch_ports::model::{Revision, RoomEvent};

use crate::Ports;

/// The one exit of every event that this process commits: to the other processes
/// and to everyone joined here. `author` is the revision of the user who caused it.
pub(super) async fn publish(ports: &Ports, event: RoomEvent, author: Revision) {
    ports.relay.publish(&event, author);
    ports.broadcast.broadcast(event).await;
}
