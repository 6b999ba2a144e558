//! What followers receive.

use std::sync::Arc;

use aftermatch_ports::{
    Summary,
    model::{BrandId, Eviction, RoomId},
};
use aftermatch_protocol::event;
use bytes::Bytes;

use crate::{
    delivery::{connection::Connection, followers::Delivery},
    encode,
    transport::Shared,
};

/// Sends the state of a room. Connections that follow the same receive the same frame.
pub(super) fn send(summary: &Summary, delivery: &Delivery, online: impl Fn() -> Vec<BrandId>) {
    let mut ready: Vec<((bool, bool), Shared)> = Vec::new();
    for connection in &delivery.connections {
        let receives = connection.receives();
        // Not those that were not read, because nobody received them then.
        let with_read_positions = delivery.with_read_positions && receives.read_positions;
        let kind = (receives.presence, with_read_positions);
        let outbox = connection.outbox();
        let known = ready.iter_mut().find(|(other, _)| *other == kind);
        let frame = match known {
            Some((_, frame)) => outbox.form(frame),
            None => {
                let online = receives.presence.then(&online);
                let frame = frame(summary, delivery, online.as_deref(), with_read_positions);
                let mut frame = Shared::from(frame);
                let own = outbox.form(&mut frame);
                ready.push((kind, frame));
                own
            }
        };
        outbox.push(frame);
        outbox.flush();
    }
}

fn frame(
    summary: &Summary,
    delivery: &Delivery,
    online: Option<&[BrandId]>,
    with_read_positions: bool,
) -> Bytes {
    if delivery.is_new {
        return encode::text(&event::room_added(summary, online));
    }
    let changed = event::room_changed(summary, delivery.with_room, online, with_read_positions);
    encode::text(&changed)
}

pub(super) fn send_removed(room: RoomId, reason: Eviction, connections: &[Arc<Connection>]) {
    if connections.is_empty() {
        return;
    }
    let frame = encode::text(&event::room_removed(room, reason));
    for connection in connections {
        connection.outbox().push(frame.clone());
        connection.outbox().flush();
    }
}
