//! Events that other processes committed, and events that this process has missed.

use std::{
    collections::{BTreeMap, HashMap},
    convert::Infallible,
};

use aftermatch_ports::{
    Read, RemoteEvent, StoreError,
    model::{EventKind, RequestId, RoomEvent, RoomId, Seq},
};

use crate::Ports;

/// How many messages are read at once to deliver what is missing. A process that is
/// further behind has not reached the store for a long time.
const MAX_BACKFILL: usize = 10_000;

/// Delivers what other processes commit, for as long as it is polled.
pub async fn run(ports: &Ports) -> Infallible {
    loop {
        let events = ports.relay.receive().await;
        deliver(ports, events).await;
    }
}

async fn deliver(ports: &Ports, events: Vec<RemoteEvent>) {
    let mut rooms: HashMap<RoomId, BTreeMap<Seq, RequestId>> = HashMap::new();
    for event in events {
        let request_ids = rooms.entry(event.room).or_default();
        request_ids.insert(event.seq, event.request_id);
    }
    for (room, request_ids) in rooms {
        deliver_in_room(ports, room, request_ids).await;
    }
}

/// Reads the announced events of one room that were not delivered yet, and delivers
/// them. What cannot be read now is found missing at the next recheck.
async fn deliver_in_room(ports: &Ports, room: RoomId, mut request_ids: BTreeMap<Seq, RequestId>) {
    let Some(since) = ports.broadcast.last_delivered(room) else {
        return;
    };
    request_ids.retain(|seq, _| *seq > since);
    let Some((&last_seq, _)) = request_ids.last_key_value() else {
        return;
    };
    let Ok(Some(events)) = committed_between(ports, room, since, last_seq).await else {
        return;
    };
    let events = events.into_iter().map(|event| (event.seq, event));
    let mut events: HashMap<_, _> = events.collect();
    let announced = request_ids.into_iter().map(|(seq, request_id)| {
        let event = events.remove(&seq);
        let event = event.map(|event| RoomEvent {
            request_id,
            ..event
        });
        (seq, event)
    });
    ports.broadcast.insert_remote(room, announced.collect());
}

/// Delivers the events after `since` up to `last_seq`, for which a later event
/// waits. If they cannot be read now, they are skipped.
pub(crate) async fn backfill(ports: &Ports, room: RoomId, since: Seq, last_seq: Seq) {
    let events = committed_between(ports, room, since, last_seq).await;
    ports
        .broadcast
        .backfill(room, events.ok().flatten(), last_seq);
}

/// Backfills events that were missing at the previous check and still are: their
/// writer is gone. `before` and the returned map hold, for each room that is
/// behind, the last event delivered and the last one stored.
pub(super) async fn backfill_overdue(
    ports: &Ports,
    before: &HashMap<RoomId, (Seq, Seq)>,
    behind: &[(RoomId, Seq)],
) -> HashMap<RoomId, (Seq, Seq)> {
    let mut waiting = HashMap::new();
    for &(room, last_seq) in behind {
        let Some(since) = ports.broadcast.last_delivered(room) else {
            continue;
        };
        let overdue = before
            .get(&room)
            .filter(|(delivered, _)| *delivered == since);
        let &(_, last_seq) = overdue.unwrap_or(&(since, last_seq));
        if overdue.is_some()
            && let Ok(events) = committed_between(ports, room, since, last_seq).await
        {
            ports.broadcast.backfill(room, events, last_seq);
        } else {
            waiting.insert(room, (since, last_seq));
        }
    }
    waiting
}

/// What changed in the room after event `since` up to event `last_seq`, as events
/// without a requester. `None`: too much changed, or there is no such room.
async fn committed_between(
    ports: &Ports,
    room: RoomId,
    since: Seq,
    last_seq: Seq,
) -> Result<Option<Vec<RoomEvent>>, StoreError> {
    let read = ports.history.delta_since(room, since, MAX_BACKFILL).await?;
    let (Some(delta), Some(room)) = (read.delta, ports.rooms.room(room, Read::Fresh).await?) else {
        return Ok(None);
    };
    let room = room.at(ports.clock.now());
    let event = |(seq, kind): (Seq, EventKind)| RoomEvent {
        seq,
        room: room.clone(),
        requester: None,
        request_id: RequestId::NONE,
        kind,
    };
    let events = delta.events_one_by_one(since).into_iter();
    let events = events.filter(|(seq, _)| *seq <= last_seq);
    Ok(Some(events.map(event).collect()))
}

#[cfg(test)]
mod tests;
