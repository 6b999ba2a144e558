//! The rooms of a scope, when they are read for the first time, and when they are compared.

use std::{
    collections::{HashMap, HashSet},
    mem,
};

use aftermatch_ports::{RoomState, Scope, model::RoomId};

use super::State;
use crate::delivery::followers::entries::News;

impl State {
    /// These are the rooms of the scope. Returns those that are due.
    pub(in crate::delivery::followers) fn load(
        &mut self,
        scope: Scope,
        rooms: Vec<(RoomId, RoomState)>,
    ) -> Vec<(RoomId, News)> {
        let changed = News {
            room: true,
            more: false,
        };
        let lean = self.lean.iter();
        let lean = lean.filter(|(_, seats)| seats.iter().any(|each| each.scope() == scope));
        let mut due: Vec<_> = lean.map(|(room, _)| (*room, changed)).collect();
        due.extend(self.load_followed(scope, rooms));
        self.joining_lean.any_changed();
        due
    }

    fn load_followed(
        &mut self,
        scope: Scope,
        rooms: Vec<(RoomId, RoomState)>,
    ) -> Vec<(RoomId, News)> {
        let nothing_more = |room| (room, News::default());
        let Some(group) = self.groups.get_mut(&scope) else {
            return Vec::new();
        };
        if !group.follows_all() {
            return group.differing(&rooms);
        }
        if group.rooms.is_some() {
            return self.load_again(scope, &rooms);
        }
        let are_new = mem::take(&mut group.are_new);
        let rooms = rooms.into_iter();
        let rooms = rooms.map(|(room, state)| (room, (!are_new).then_some(state)));
        let mut rooms: HashMap<_, _> = rooms.collect();
        let admitted = self.admitted.iter().filter(|(_, other)| *other == scope);
        for (room, _) in admitted {
            rooms.entry(*room).or_insert(None);
        }
        let due = rooms
            .iter()
            .filter(|(room, state)| state.is_none() || self.remembered.contains(room));
        let mut due: HashSet<_> = due.map(|(room, _)| *room).collect();
        let ids: Vec<_> = rooms.keys().copied().collect();
        due.extend(group.load(rooms));
        for room in ids {
            self.list(scope, room);
        }
        self.loaded(scope);
        due.into_iter().map(nothing_more).collect()
    }

    /// Rooms with another state than that which was delivered, new ones, and those that the
    /// scope does not have any more.
    fn load_again(&mut self, scope: Scope, rooms: &[(RoomId, RoomState)]) -> Vec<(RoomId, News)> {
        let group = self.groups.get(&scope);
        let Some(known) = group.and_then(|group| group.rooms.as_ref()) else {
            return Vec::new();
        };
        let mut gone: HashSet<_> = known.keys().copied().collect();
        let mut due = Vec::new();
        for (room, state) in rooms {
            gone.remove(room);
            let before = known.get(room).copied().flatten();
            if before != Some(*state) {
                let news = News {
                    room: before.is_some_and(|before| before.revision != state.revision),
                    more: false,
                };
                due.push((*room, news));
            }
        }
        for (room, _) in &due {
            self.admit(scope, *room);
        }
        due.extend(gone.into_iter().map(|room| (room, News::default())));
        due
    }

    /// Invariant 4.
    pub(in crate::delivery::followers) fn remember(&mut self, room: RoomId) {
        if !self.loading.is_empty() {
            self.remembered.insert(room);
        }
    }

    /// The rooms of the scope were read, or are no longer needed.
    pub(super) fn loaded(&mut self, scope: Scope) {
        self.loading.remove(&scope);
        self.admitted.retain(|(_, other)| *other != scope);
        if self.loading.is_empty() {
            self.remembered = HashSet::new();
        }
    }
}
