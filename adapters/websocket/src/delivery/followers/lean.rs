//! Seats that receive new messages without the room, and joins in progress that ask for that.

use std::{
    collections::HashSet,
    sync::{Arc, atomic::Ordering},
};

use aftermatch_ports::{Scope, model::RoomId};

use super::{Followers, entries::News};
use crate::delivery::connection::Connection;

/// A join in progress.
#[must_use]
pub(crate) struct JoiningLean<'a> {
    pub(super) followers: &'a Followers,
    pub(super) scope: Scope,
}

impl Drop for JoiningLean<'_> {
    fn drop(&mut self) {
        self.followers.state.lock().joining_lean.end(self.scope);
    }
}

impl Followers {
    /// Until what is returned is dropped, rooms that change are remembered: invariant 5.
    pub(in crate::delivery) fn joining_lean(&self, scope: Scope) -> JoiningLean<'_> {
        self.state.lock().joining_lean.begin(scope);
        JoiningLean {
            followers: self,
            scope,
        }
    }

    /// The connection has joined `room` and receives new messages without it: invariant 5.
    pub(in crate::delivery) fn lean(&self, connection: &Arc<Connection>, room: RoomId) {
        let mut state = self.state.lock();
        // Under the lock: who takes the seat away looks here after that.
        if connection.joined() != Some(room) {
            return;
        }
        state.lean(connection, room);
        self.any.store(true, Ordering::SeqCst);
        if state.joining_lean.has_changed(room) {
            let key = (room, connection.scope());
            let news = News {
                room: true,
                more: false,
            };
            self.make_due(&mut state, key, news);
        }
    }

    /// The connection receives new messages of `room` whole.
    pub(in crate::delivery) fn not_lean(&self, connection: &Connection, room: RoomId) {
        if self.any() {
            self.state.lock().not_lean(connection.session, room);
        }
    }
}

/// Whose joins are in progress, and the rooms that have changed meanwhile.
#[derive(Default)]
pub(super) struct Joins {
    joining: Vec<Scope>,
    changed: HashSet<RoomId>,
    /// Of which rooms is not known.
    any_changed: bool,
}

impl Joins {
    pub(super) fn begin(&mut self, scope: Scope) {
        self.joining.push(scope);
    }

    fn end(&mut self, scope: Scope) {
        let mut joining = self.joining.iter();
        if let Some(index) = joining.position(|other| *other == scope) {
            self.joining.swap_remove(index);
        }
        if self.joining.is_empty() {
            *self = Self::default();
        }
    }

    pub(super) fn scopes(&self) -> impl Iterator<Item = Scope> {
        self.joining.iter().copied()
    }

    pub(super) fn changed(&mut self, room: RoomId) {
        if !self.joining.is_empty() {
            self.changed.insert(room);
        }
    }

    /// Any room may have changed.
    pub(super) fn any_changed(&mut self) {
        self.any_changed = !self.joining.is_empty();
    }

    pub(super) fn has_changed(&self, room: RoomId) -> bool {
        self.any_changed || self.changed.contains(&room)
    }
}
