//! Rights that the platform takes away while people are connected.
//!
//! Every recheck reads from the store which users and rooms are no longer as this
//! process has seen them. A session that lost a right loses its seat or its
//! connection.

use std::{
    collections::{HashMap, HashSet},
    convert::Infallible,
    sync::Arc,
};

use aftermatch_ports::{
    Connected, ConnectedSession, Read, Stale, StoreError,
    model::{
        Endpoint, Eviction, Refusal, Revision, Room, RoomId, RoomVersion, Seq, SessionId, User,
        UserId, Viewer, access,
    },
};

use super::remote_events::backfill_overdue;
use crate::Ports;

/// What the previous checks have seen.
#[derive(Default)]
struct Seen {
    /// The sessions that were authorized again since they connected: by which
    /// revision of the user, and in which role. `None`: it was disconnected.
    sessions: HashMap<SessionId, Option<(Revision, Viewer)>>,
    /// The rooms that were checked again since they were joined.
    rooms: HashMap<RoomId, Revision>,
    /// Rooms of which the store had events that were not delivered: the last one
    /// delivered, and the last one stored.
    behind: HashMap<RoomId, (Seq, Seq)>,
}

/// Rechecks the rights of everyone connected, and the events of every joined room,
/// for as long as it is polled.
pub async fn run(ports: &Ports) -> Infallible {
    let mut seen = Seen::default();
    loop {
        ports.revisions.recheck().await;
        // What cannot be read now is read at the next recheck.
        drop(recheck(ports, &mut seen).await);
    }
}

async fn recheck(ports: &Ports, seen: &mut Seen) -> Result<(), StoreError> {
    let mut connected = ports.presence.connected();
    seen.forget_departed(&connected);
    let sessions = &mut connected.sessions;
    sessions.retain(|each| !seen.was_disconnected(each.session));
    let (users, rooms) = seen.versions(&connected);
    let stale = ports.revisions.stale(users, rooms).await?;
    if !(stale.users.is_empty() && stale.rooms.is_empty()) {
        reauthorize(ports, seen, &stale).await;
    }
    seen.behind = backfill_overdue(ports, &seen.behind, &stale.behind).await;
    Ok(())
}

/// Authorizes the sessions again whose user or room changed. What cannot be read is
/// tried again at the next recheck.
async fn reauthorize(ports: &Ports, seen: &mut Seen, stale: &Stale) {
    let mut users = HashMap::new();
    for &id in &stale.users {
        if let Ok(user) = ports.people.user(id, Read::Fresh).await {
            users.insert(id, user);
        }
    }
    let mut rooms = HashMap::new();
    for &id in &stale.rooms {
        if let Ok(room) = ports.rooms.room(id, Read::Fresh).await {
            rooms.insert(id, room);
        }
    }
    // Only now, because a seat that was reserved during the reads may have been
    // authorized by an older state. One that is reserved later reads a newer state.
    let sessions = ports.presence.connected().sessions;
    for session in &sessions {
        if seen.was_disconnected(session.session) {
            continue;
        }
        let user = users.get(&session.user);
        let role = user.map(|user| role(user.as_deref(), session.endpoint));
        if let Some(role) = &role {
            let role = role.as_ref().ok().copied();
            seen.sessions.insert(session.session, role);
        }
        match role.transpose() {
            Ok(role) => evict(ports, session, role.map(|(_, viewer)| viewer), &rooms),
            Err(refusal) => ports.presence.disconnect(session.session, refusal),
        }
    }
    let rooms = rooms.into_iter();
    let existing = rooms.filter_map(|(id, room)| Some((id, room?.revision)));
    seen.rooms.extend(existing);
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
            _ if viewer.is_some_and(|now| now != joined_as) => Eviction::BrandLost,
            Some(None) => Eviction::RoomRemoved,
            Some(Some(room)) if !room.admits(joined_as) => Eviction::BrandRemoved,
            _ => continue,
        };
        ports.seats.unsubscribe(session.session, id, reason);
    }
}

impl Seen {
    fn was_disconnected(&self, session: SessionId) -> bool {
        self.sessions.get(&session) == Some(&None)
    }

    fn forget_departed(&mut self, connected: &Connected) {
        let sessions = connected.sessions.iter();
        let sessions: HashMap<_, _> = sessions.map(|each| (each.session, each)).collect();
        self.sessions.retain(|id, role| {
            let Some(session) = sessions.get(id) else {
                return false;
            };
            // The join was in progress during the last check, with an older role:
            // check again.
            role.is_none_or(|(_, viewer)| session.seats.iter().all(|(_, seat)| *seat == viewer))
        });
        let rooms: HashSet<_> = connected.rooms.iter().map(|room| room.room).collect();
        self.rooms.retain(|room, _| rooms.contains(room));
    }

    /// The users and rooms as they were last seen. The users are those of each
    /// session: one may have connected before a change and another after it.
    fn versions(&self, connected: &Connected) -> (Vec<(UserId, Revision)>, Vec<RoomVersion>) {
        let users = connected.sessions.iter().map(|session| {
            let role = self.sessions.get(&session.session).copied().flatten();
            let revision = role.map(|(revision, _)| revision);
            (session.user, revision.unwrap_or(session.revision))
        });
        let users: HashSet<_> = users.collect();
        let rooms = connected.rooms.iter().map(|room| RoomVersion {
            revision: self.rooms.get(&room.room).copied().unwrap_or(room.revision),
            ..*room
        });
        (users.into_iter().collect(), rooms.collect())
    }
}

/// The user's revision and its role at the endpoint.
fn role(user: Option<&User>, endpoint: Endpoint) -> Result<(Revision, Viewer), Refusal> {
    let user = user.ok_or(Refusal::UserDeactivated)?;
    Ok((user.revision, access::authorize(user, endpoint)?))
}

#[cfg(test)]
mod tests;
