//! What is known of rooms without reading them: invariant 6.

use aftermatch_ports::{
    DueRoom, Scope, Summary,
    model::{LogHead, RoomEvent, RoomId, Seq},
};
use tokio::time::Instant;

use super::State;
use crate::delivery::followers::{delivery::Delivery, entries::Key, fold::Step};

impl State {
    /// Whether event `seq` is in what is known, or was delivered.
    pub(in crate::delivery::followers) fn knows(
        &self,
        scope: Scope,
        room: RoomId,
        seq: Seq,
    ) -> bool {
        let group = self.groups.get(&scope);
        group.is_some_and(|group| group.knows(room, seq))
    }

    /// Whether an event at `head` would be the next one for anybody who follows `room`.
    pub(in crate::delivery::followers) fn is_next(&self, room: RoomId, head: LogHead) -> bool {
        let scopes = self.scopes_of(room).into_iter();
        let mut groups = scopes.filter_map(|scope| self.groups.get(&scope));
        groups.any(|group| group.is_next(room, head))
    }

    pub(in crate::delivery::followers) fn step(&mut self, scope: Scope, event: &RoomEvent) -> Step {
        let group = self.groups.get_mut(&scope);
        group.map_or(Step::Unknown, |group| group.step(event, scope.reader()))
    }

    /// The room was read, or was known. With read positions it is always read.
    pub(super) fn learn(&mut self, due: DueRoom, summary: &Summary) {
        let DueRoom { room, scope, .. } = due;
        if !due.with_read_positions
            && !self.entries.is_due((room, scope))
            && self.scopes_of(room).contains(&scope)
            && let Some(group) = self.groups.get_mut(&scope)
        {
            group.learn(room, summary);
        }
    }

    /// The room has changed otherwise than by the next message, so it must be read.
    pub(in crate::delivery::followers) fn forget(&mut self, key: Key) {
        self.unfold(key);
        self.entries.disturb(key);
    }

    pub(super) fn unfold(&mut self, (room, scope): Key) {
        if let Some(group) = self.groups.get_mut(&scope) {
            group.forget(room);
        }
    }

    /// The state of a room that is due, if it need not be read, which connections receive it,
    /// and the next deadline.
    pub(in crate::delivery::followers) fn take_known(
        &mut self,
        (room, scope): Key,
    ) -> Option<(Summary, Delivery, Option<Instant>)> {
        if self.receives(scope, room, |receives| receives.read_positions) {
            return None;
        }
        let known = self.groups.get_mut(&scope)?.take_known(room)?;
        if !self.entries.begin((room, scope)) {
            return None;
        }
        let due = DueRoom {
            room,
            scope,
            with_read_positions: false,
        };
        let (delivery, deadline) = self.delivered(due, &known);
        Some((known, delivery, deadline))
    }
}
