//! Events that other processes committed.

use std::{collections::HashMap, convert::Infallible, sync::Arc};

use aftermatch_ports::{
    Read, RemoteContent, RemoteEvent, RemoteKind, StoreError,
    model::{Author, EventKind, LogHead, Message, Revision, Room, RoomEvent, RoomId, User, UserId},
};

use crate::Ports;

/// Delivers what other processes commit, for as long as it is polled.
pub async fn run(ports: &Ports) -> Infallible {
    loop {
        let events = ports.relay.receive().await;
        deliver(ports, events).await;
    }
}

/// Delivers the events, those of one room together. Of an event that did not come whole,
/// or whose room or author cannot be taken from the cache and read, delivery learns that
/// it is there. If nobody here has joined the room, an event is made whole only if it is the
/// next one for those who follow it.
async fn deliver(ports: &Ports, events: Vec<RemoteEvent>) {
    let mut rooms: HashMap<RoomId, Vec<RoomEvent>> = HashMap::new();
    for RemoteEvent {
        room,
        epoch,
        seq,
        content,
    } in events
    {
        let head = LogHead {
            epoch,
            last_seq: seq,
        };
        // Before the first join of a room is anchored, nothing is delivered there, but
        // the number counts.
        let is_joined = ports.broadcast.delivered(room).is_some();
        let content = content.filter(|_| is_joined || ports.inbox.is_next(room, head));
        let whole = match content {
            Some(content) => event(ports, room, head, content).await.ok().flatten(),
            None => None,
        };
        match &whole {
            Some(event) => ports.inbox.event(event),
            None => ports.inbox.written(room, seq),
        }
        match whole {
            Some(event) if is_joined => rooms.entry(room).or_default().push(event),
            _ => ports.broadcast.expect(room, head),
        }
    }
    for events in rooms.into_values() {
        ports.broadcast.insert(events);
    }
}

/// The event as its author's process delivers it. `None`: room or author are gone.
async fn event(
    ports: &Ports,
    room: RoomId,
    head: LogHead,
    content: RemoteContent,
) -> Result<Option<RoomEvent>, StoreError> {
    let Some(in_room) = self::room(ports, room, content.room).await? else {
        return Ok(None);
    };
    let kind = match content.kind {
        RemoteKind::Created {
            id,
            text,
            attachments,
            client_msg_id,
        } => {
            let Some(author) = author(ports, content.by, content.author).await? else {
                return Ok(None);
            };
            EventKind::Created(Message {
                id,
                room,
                author: Author {
                    id: author.id,
                    profile: author.profile.clone(),
                },
                text,
                attachments,
                created_at: content.at,
                edited_at: None,
                client_msg_id,
                seq: head.last_seq,
                changed_seq: head.last_seq,
            })
        }
        RemoteKind::Edited { id, text } => EventKind::Edited { id, text },
        RemoteKind::Deleted { ids } => EventKind::Deleted {
            ids,
            missing: Vec::new(),
        },
    };
    Ok(Some(RoomEvent {
        seq: head.last_seq,
        epoch: head.epoch,
        at: content.at,
        by: content.by,
        room: in_room.at(content.at),
        requester: None,
        request_id: content.request_id,
        kind,
    }))
}

/// The room at this revision, or at a newer one.
async fn room(
    ports: &Ports,
    id: RoomId,
    revision: Revision,
) -> Result<Option<Arc<Room>>, StoreError> {
    let cached = ports.rooms.room(id, Read::Cached).await?;
    match cached.filter(|room| room.revision == revision) {
        Some(room) => Ok(Some(room)),
        None => ports.rooms.room(id, Read::Fresh).await,
    }
}

/// The author at this revision, or at a newer one.
async fn author(
    ports: &Ports,
    id: UserId,
    revision: Revision,
) -> Result<Option<Arc<User>>, StoreError> {
    let cached = ports.people.user(id, Read::Cached).await?;
    match cached.filter(|user| user.revision == revision) {
        Some(user) => Ok(Some(user)),
        None => ports.people.user(id, Read::Fresh).await,
    }
}

#[cfg(test)]
mod tests;
