//! Joins in progress that ask for new messages without the room.

use std::collections::HashSet;

use aftermatch_ports::{Scope, model::RoomId};

use super::Followers;

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
