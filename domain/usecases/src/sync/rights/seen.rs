//! What the rechecks have seen so far.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use aftermatch_ports::{
    Connected, ConnectedSession, Expected,
    model::{Room, RoomId, SessionId, User, UserId, Viewer},
};

#[derive(Default)]
pub(super) struct Seen {
    /// The role of each session that was compared with the store. `None`: it was
    /// disconnected.
    roles: HashMap<SessionId, Option<Viewer>>,
    /// Users and rooms that changed and were not read again yet.
    users: HashSet<UserId>,
    rooms: HashSet<RoomId>,
    /// Whether rooms and logs have been compared since the store could not say what
    /// had changed.
    rooms_compared: bool,
}

impl Seen {
    /// The store cannot say what has changed.
    pub(super) fn nothing_compared(&mut self) {
        self.roles.retain(|_, role| role.is_none());
        self.rooms_compared = false;
    }

    /// These have changed. Those that nobody here depends on do not matter.
    pub(super) fn changed(
        &mut self,
        users: Vec<UserId>,
        rooms: Vec<RoomId>,
        connected: &Connected,
    ) {
        if !users.is_empty() {
            let users: HashSet<_> = users.into_iter().collect();
            let connected = connected.sessions.iter().map(|session| session.user);
            self.users
                .extend(connected.filter(|user| users.contains(user)));
        }
        if !rooms.is_empty() {
            let rooms: HashSet<_> = rooms.into_iter().collect();
            let joined = seats(&connected.sessions).map(|(room, _)| room);
            self.rooms
                .extend(joined.filter(|room| rooms.contains(room)));
        }
    }

    pub(super) fn forget_departed(&mut self, connected: &Connected) {
        let sessions = connected.sessions.iter();
        let sessions: HashMap<_, _> = sessions.map(|each| (each.session, each)).collect();
        self.roles.retain(|id, _| sessions.contains_key(id));
        for (id, role) in &self.roles {
            // The join was in progress when the role changed: check again.
            if let (Some(session), Some(role)) = (sessions.get(id), role)
                && session.seats.iter().any(|(_, seat)| seat != role)
            {
                self.users.insert(session.user);
            }
        }
    }

    /// What was not compared with the store yet.
    pub(super) fn expected(&self, connected: &Connected) -> Expected {
        let new = connected.sessions.iter();
        let new = new.filter(|session| !self.roles.contains_key(&session.session));
        let roles: HashSet<_> = new.map(|session| (session.user, session.viewer)).collect();
        let mut expected = Expected {
            roles: roles.into_iter().collect(),
            ..Expected::default()
        };
        if !self.rooms_compared {
            let seats: HashSet<_> = seats(&connected.sessions).collect();
            let rooms: HashSet<_> = seats.iter().map(|(room, _)| *room).collect();
            expected.rooms = rooms.into_iter().collect();
            let seats = seats.into_iter();
            let participants = seats.filter_map(|(room, viewer)| match viewer {
                Viewer::Brand(brand) => Some((room, brand)),
                Viewer::Admin => None,
            });
            expected.participants = participants.collect();
            expected.logs.clone_from(&connected.rooms);
        }
        expected
    }

    /// What [`Seen::expected`] named was compared.
    pub(super) fn compared(&mut self, connected: &Connected) {
        for session in &connected.sessions {
            let role = self.roles.entry(session.session);
            role.or_insert(Some(session.viewer));
        }
        self.rooms_compared = true;
    }

    pub(super) fn has_changes(&self) -> bool {
        !(self.users.is_empty() && self.rooms.is_empty())
    }

    pub(super) fn changed_users(&self) -> Vec<UserId> {
        self.users.iter().copied().collect()
    }

    pub(super) fn changed_rooms(&self) -> Vec<RoomId> {
        self.rooms.iter().copied().collect()
    }

    pub(super) fn was_read(
        &mut self,
        users: &HashMap<UserId, Option<Arc<User>>>,
        rooms: &HashMap<RoomId, Option<Arc<Room>>>,
    ) {
        self.users.retain(|user| !users.contains_key(user));
        self.rooms.retain(|room| !rooms.contains_key(room));
    }

    /// The session has this role now. `None`: it was disconnected.
    pub(super) fn checked(&mut self, session: SessionId, role: Option<Viewer>) {
        self.roles.insert(session, role);
    }

    pub(super) fn was_disconnected(&self, session: SessionId) -> bool {
        self.roles.get(&session) == Some(&None)
    }
}

/// The seats of these sessions, active or reserved.
fn seats(sessions: &[ConnectedSession]) -> impl Iterator<Item = (RoomId, Viewer)> {
    sessions
        .iter()
        .flat_map(|session| session.seats.iter().copied())
}
