//! Rights that the platform takes away while people are connected, and events that
//! no other process has announced.
//!
//! Every recheck asks the store what has changed. The sessions concerned are
//! authorized again: one that lost a right loses its seat or its connection. If the
//! store cannot say what has changed, everything is compared.
//!
//! Invariants:
//! 1. A session is compared with the store once after it has connected: the user may
//!    have changed between the handshake and the moment the session was known here.
//! 2. What could not be read is read at the next recheck.
//! 3. A seat is authorized in the role that its session has now.
//! 4. A session follows the rooms that it sees in this role.

mod seen;

use std::{collections::HashMap, sync::Arc};

use aftermatch_ports::{
    Changes, Connected, ConnectedSession, Expected, Read, Scope, StoreError,
    model::{Endpoint, Eviction, LogHead, Refusal, Room, RoomId, User, Viewer, access},
};

use self::seen::Seen;
use super::inbox::Unseen;
use crate::Ports;

/// The rechecks, one after the other.
#[derive(Default)]
pub struct Rechecks {
    seen: Seen,
    unseen: Unseen,
}

impl Rechecks {
    /// Waits for the next recheck. Then checks the rights of everyone connected, and the
    /// events of every joined room.
    ///
    /// # Errors
    /// The store cannot be asked now. What could not be read is read at the next recheck.
    pub async fn next(&mut self, ports: &Ports) -> Result<(), StoreError> {
        ports.revisions.recheck().await;
        let changes = ports.revisions.changes().await?;
        match &changes {
            Changes::Unknown => self.unseen.everything(),
            Changes::Known { rooms, logs, .. } => {
                self.unseen.changed(rooms);
                for (room, head) in logs {
                    ports.inbox.written(*room, head.last_seq);
                }
            }
        }
        let (checked, unloaded) = recheck(ports, &mut self.seen, changes).await;
        self.unseen.unloaded(unloaded);
        self.unseen.look(ports).await.and(checked)
    }
}

/// Returns the scopes of sessions whose users own other brands now, too, if their rooms have not
/// been read.
async fn recheck(
    ports: &Ports,
    seen: &mut Seen,
    changes: Changes,
) -> (Result<(), StoreError>, Vec<Scope>) {
    let connected = ports.presence.connected();
    seen.forget_departed(&connected);
    match changes {
        Changes::Unknown => seen.nothing_compared(),
        Changes::Known { users, rooms, logs } => {
            seen.changed(users, rooms, &connected);
            for (room, head) in logs {
                ports.broadcast.expect(room, head);
            }
        }
    }
    let compared = compare(ports, seen, &connected).await;
    let unloaded = if seen.has_changes() {
        reauthorize(ports, seen).await
    } else {
        Vec::new()
    };
    (compared, unloaded)
}

/// Compares what was not compared yet with the store.
async fn compare(ports: &Ports, seen: &mut Seen, connected: &Connected) -> Result<(), StoreError> {
    let expected = seen.expected(connected);
    if expected == Expected::default() {
        return Ok(());
    }
    let logs: HashMap<_, _> = expected.logs.iter().copied().collect();
    let difference = ports.revisions.compare(expected).await?;
    seen.compared(connected);
    for (room, now) in difference.logs {
        if let Some(delivered) = logs.get(&room) {
            compare_log(ports, room, *delivered, now);
        }
    }
    seen.changed(difference.users, difference.rooms, connected);
    Ok(())
}

/// The log of `room` does not end where delivery is.
fn compare_log(ports: &Ports, room: RoomId, delivered: LogHead, now: LogHead) {
    let broadcast = &ports.broadcast;
    if now.epoch != delivered.epoch {
        broadcast.close(room, delivered.epoch, delivered.epoch.ended_by(now.epoch));
    } else if now.last_seq < delivered.last_seq {
        broadcast.close(room, delivered.epoch, Eviction::Restarted);
    } else {
        broadcast.expect(room, now);
    }
}

/// Authorizes the sessions again whose user or room changed (invariant 2).
async fn reauthorize(ports: &Ports, seen: &mut Seen) -> Vec<Scope> {
    let mut unloaded = Vec::new();
    let mut users = HashMap::new();
    for id in seen.changed_users() {
        if let Ok(user) = ports.people.user(id, Read::Fresh).await {
            users.insert(id, user);
        }
    }
    let mut rooms = HashMap::new();
    for id in seen.changed_rooms() {
        if let Ok(room) = ports.rooms.room(id, Read::Fresh).await {
            rooms.insert(id, room);
        }
    }
    seen.was_read(&users, &rooms);
    // Only now, because a seat that was reserved during the reads may have been
    // authorized by an older state. One that is reserved later reads a newer state.
    for session in ports.presence.connected().sessions {
        if seen.was_disconnected(session.session) {
            continue;
        }
        let user = users.get(&session.user);
        let role = user.map(|user| role(user.as_deref(), session.endpoint));
        if let Some(role) = &role {
            seen.checked(session.session, role.as_ref().ok().copied());
        }
        match role.transpose() {
            Ok(role) => {
                evict(ports, &session, role, &rooms);
                // Invariant 4.
                if let Some(role) = role.filter(|role| *role != session.viewer) {
                    unloaded.extend(ports.inbox.turn_to(session.session, role));
                }
            }
            Err(refusal) => ports.presence.disconnect(session.session, refusal),
        }
    }
    for room in rooms.into_values().flatten() {
        end_old_log(ports, &room);
    }
    unloaded
}

/// Takes away the seats that the session may no longer have. `viewer` is its role
/// now, if that was read again; `rooms` are those that were read again.
fn evict(
    ports: &Ports,
    session: &ConnectedSession,
    viewer: Option<Viewer>,
    rooms: &HashMap<RoomId, Option<Arc<Room>>>,
) {
    for &(id, joined_as) in &session.seats {
        let reason = match rooms.get(&id) {
            // Invariant 3.
            _ if viewer.is_some_and(|now| now != joined_as) => Eviction::BrandLost,
            Some(None) => Eviction::RoomRemoved,
            Some(Some(room)) if !room.admits(joined_as) => Eviction::BrandRemoved,
            _ => continue,
        };
        ports.seats.unsubscribe(session.session, id, reason);
    }
}

/// Ends the seats in a room that was removed and made again, or is of another store.
fn end_old_log(ports: &Ports, room: &Room) {
    let delivered = ports.broadcast.delivered(room.id);
    if let Some(LogHead { epoch, .. }) = delivered.filter(|head| head.epoch != room.epoch) {
        ports
            .broadcast
            .close(room.id, epoch, epoch.ended_by(room.epoch));
    }
}

/// The role of the user at the endpoint.
fn role(user: Option<&User>, endpoint: Endpoint) -> Result<Viewer, Refusal> {
    let user = user.ok_or(Refusal::UserDeactivated)?;
    access::authorize(user, endpoint)
}

#[cfg(test)]
mod tests;
