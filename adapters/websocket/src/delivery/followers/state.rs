mod due;
mod known;
mod load;

use std::{
    collections::{HashMap, HashSet},
    hash::Hash,
    sync::Arc,
};

use aftermatch_ports::{
    Scope,
    model::{BrandId, FollowedRooms, Following, RoomId, SessionId, UserId, Viewer},
};
use tokio::time::Instant;

use super::{
    entries::{Entries, Key, News},
    group::Group,
    lean::Joins,
};
use crate::delivery::{connection::Connection, wants::Wants};

/// What all connections follow.
pub(super) struct State {
    wants: Arc<Wants>,
    sessions: HashMap<SessionId, Session>,
    by_user: HashMap<UserId, Vec<Arc<Connection>>>,
    /// The seats that receive new messages without their room.
    lean: HashMap<RoomId, Vec<Arc<Connection>>>,
    pub(super) joining_lean: Joins,
    groups: HashMap<Scope, Group>,
    /// The scopes of brands, by brand and by room. The scope of all rooms is in neither.
    by_brand: HashMap<BrandId, Vec<Scope>>,
    by_room: HashMap<RoomId, Vec<Scope>>,
    entries: Entries,
    /// The scopes whose rooms are being read for the first time, and what changes meanwhile:
    /// invariant 4.
    loading: HashSet<Scope>,
    remembered: HashSet<RoomId>,
    /// Rooms that these scopes have now.
    admitted: HashSet<Key>,
}

struct Session {
    scope: Scope,
    user: UserId,
    following: Following,
}

impl State {
    pub(super) fn new(wants: Arc<Wants>) -> Self {
        Self {
            wants,
            sessions: HashMap::new(),
            by_user: HashMap::new(),
            lean: HashMap::new(),
            joining_lean: Joins::default(),
            groups: HashMap::new(),
            by_brand: HashMap::new(),
            by_room: HashMap::new(),
            entries: Entries::default(),
            loading: HashSet::new(),
            remembered: HashSet::new(),
            admitted: HashSet::new(),
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.sessions.is_empty() && self.lean.is_empty()
    }

    pub(super) fn following(&self, session: SessionId) -> Following {
        let followed = self.sessions.get(&session);
        followed.map_or_else(Following::default, |each| each.following.clone())
    }

    pub(super) fn scopes(&self) -> Vec<Scope> {
        let lean = self.lean.values().flatten().map(|each| each.scope());
        let lean = lean.chain(self.joining_lean.scopes());
        let all: HashSet<_> = self.groups.keys().copied().chain(lean).collect();
        all.into_iter().collect()
    }

    /// Returns the scope if its rooms have not been read.
    pub(super) fn add(
        &mut self,
        connection: &Arc<Connection>,
        following: Following,
    ) -> Option<Scope> {
        let scope = connection.scope();
        let rooms = following.rooms.clone();
        let session = Session {
            scope,
            user: connection.user,
            following,
        };
        let before = self.sessions.insert(connection.session, session);
        if before.is_none() {
            let of_user = self.by_user.entry(connection.user).or_default();
            of_user.push(connection.clone());
        }
        if before.is_some_and(|before| before.following.rooms == rooms) {
            // What is due stays due.
            return self.loading.get(&scope).copied();
        }
        if rooms == FollowedRooms::None {
            return None;
        }
        let group = self.groups.entry(scope).or_default();
        if group.is_empty()
            && let Scope::Brand { brand, .. } = scope
        {
            self.by_brand.entry(brand).or_default().push(scope);
        }
        let followed_all = group.follows_all();
        group.add(connection, &rooms);
        if let FollowedRooms::These(rooms) = &rooms {
            for room in rooms.iter().collect::<HashSet<_>>() {
                self.wants.follow(*room);
                self.entries.disturb((*room, scope));
            }
        } else if scope == Scope::All && !followed_all {
            self.wants.all(true);
        }
        if group.is_loading() {
            self.loading.insert(scope);
        }
        self.loading.get(&scope).copied()
    }

    /// The session follows nothing any more.
    pub(super) fn remove(&mut self, session: SessionId) {
        let Some(Session { scope, user, .. }) = self.sessions.remove(&session) else {
            return;
        };
        remove_from(&mut self.by_user, user, |each| each.session == session);
        let Some(group) = self.groups.get_mut(&scope) else {
            return;
        };
        let followed_all = group.follows_all();
        for room in group.remove(session) {
            self.wants.unfollow(room);
        }
        if followed_all && !group.follows_all() {
            let rooms = group.unload();
            self.loaded(scope);
            if scope == Scope::All {
                self.wants.all(false);
            } else {
                for room in rooms {
                    self.unlist(scope, room);
                }
            }
        }
        if self.groups.get(&scope).is_some_and(Group::is_empty) {
            self.groups.remove(&scope);
            if let Scope::Brand { brand, .. } = scope {
                remove_from(&mut self.by_brand, brand, |other| *other == scope);
            }
        }
    }

    /// The user of the connection owns another brand now. Returns the rooms that were followed,
    /// those that are due, and the scope if its rooms have not been read.
    pub(super) fn turn_to(
        &mut self,
        connection: &Arc<Connection>,
        viewer: Viewer,
    ) -> (Vec<RoomId>, Vec<Key>, Option<Scope>) {
        let following = self.following(connection.session);
        let before = connection.scope();
        let is_known = self.sessions.contains_key(&connection.session);
        if !is_known || following.rooms == FollowedRooms::None {
            connection.set_viewer(viewer);
            if is_known {
                self.remove(connection.session);
                self.add(connection, following);
            }
            return (Vec::new(), Vec::new(), None);
        }
        let rooms = self
            .groups
            .get(&before)
            .and_then(|group| group.rooms.as_ref());
        let rooms = rooms.into_iter().flatten();
        let followed = rooms.filter(|(_, state)| state.is_some());
        let followed = followed.map(|(room, _)| *room).collect();
        self.remove(connection.session);
        connection.set_viewer(viewer);
        let unloaded = self.add(connection, following);
        let scope = connection.scope();
        let mut due = Vec::new();
        if let Some(group) = self.groups.get_mut(&scope) {
            group.are_new = group.rooms.is_none();
            for (room, state) in group.rooms.iter_mut().flatten() {
                *state = None;
                due.push((*room, scope));
            }
        }
        (followed, due, unloaded)
    }

    /// The scope has a room that it may not have had.
    pub(super) fn admit(&mut self, scope: Scope, room: RoomId) {
        if self.loading.contains(&scope) {
            self.admitted.insert((room, scope));
        }
        let group = self.groups.get_mut(&scope);
        if let Some(rooms) = group.and_then(|group| group.rooms.as_mut())
            && !rooms.contains_key(&room)
        {
            rooms.insert(room, None);
            self.list(scope, room);
        }
    }

    /// The room was read, and the scope does not have it any more. Returns who followed it,
    /// and the next deadline.
    pub(super) fn removed(
        &mut self,
        scope: Scope,
        room: RoomId,
    ) -> (Vec<Arc<Connection>>, Option<Instant>) {
        let Some(again) = self.entries.dismiss((room, scope)) else {
            return (Vec::new(), self.finish_void((room, scope)));
        };
        let following = self.dismiss(scope, room);
        if !again {
            return (following, None);
        }
        // It may be there again since it was read.
        self.admit(scope, room);
        let news = News {
            room: true,
            more: true,
        };
        (following, self.make_due((room, scope), news))
    }

    fn finish_void(&mut self, key: Key) -> Option<Instant> {
        self.entries.finish(key).and_then(|(_, deadline)| deadline)
    }

    /// The scope does not have the room any more. Returns who followed it.
    fn dismiss(&mut self, scope: Scope, room: RoomId) -> Vec<Arc<Connection>> {
        let Some(group) = self.groups.get_mut(&scope) else {
            return Vec::new();
        };
        let following: Vec<_> = group.following(room).cloned().collect();
        let had = group.rooms.as_mut().map(|rooms| rooms.remove(&room));
        let is_known = group.is_known_as_gone(room);
        if matches!(had, Some(Some(_))) {
            self.unlist(scope, room);
        }
        match had {
            None if is_known => Vec::new(),
            // It was not delivered, so nobody knows it.
            Some(None | Some(None)) => Vec::new(),
            _ => following,
        }
    }

    /// From now on changes of the room are noticed for the scope. What is being read of it may
    /// be older.
    fn list(&mut self, scope: Scope, room: RoomId) {
        self.entries.disturb((room, scope));
        if scope != Scope::All {
            self.by_room.entry(room).or_default().push(scope);
            self.wants.follow(room);
        }
    }

    fn unlist(&mut self, scope: Scope, room: RoomId) {
        self.entries.remove((room, scope));
        if scope != Scope::All {
            remove_from(&mut self.by_room, room, |other| *other == scope);
            self.wants.unfollow(room);
        }
    }
}

/// The seats that receive new messages without their room: they receive the room when it
/// changes.
impl State {
    pub(super) fn lean(&mut self, connection: &Arc<Connection>, room: RoomId) {
        self.not_lean(connection.session, room);
        self.lean.entry(room).or_default().push(connection.clone());
    }

    pub(super) fn not_lean(&mut self, session: SessionId, room: RoomId) {
        remove_from(&mut self.lean, room, |each| each.session == session);
    }

    pub(super) fn lean_scopes_of(&self, room: RoomId) -> Vec<Scope> {
        let lean = self.lean.get(&room).into_iter().flatten();
        lean.map(|each| each.scope()).collect()
    }
}

fn remove_from<K: Eq + Hash, V>(index: &mut HashMap<K, Vec<V>>, key: K, gone: impl Fn(&V) -> bool) {
    if let Some(values) = index.get_mut(&key) {
        values.retain(|value| !gone(value));
        if values.is_empty() {
            index.remove(&key);
        }
    }
}
