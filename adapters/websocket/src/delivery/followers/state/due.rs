//! What is due, and which connections receive it.

use std::sync::Arc;

use aftermatch_ports::{
    DueRoom, Scope, Summary,
    model::{BrandId, RoomId, UserId},
};
use tokio::time::Instant;

use super::State;
use crate::delivery::{
    connection::{Connection, Receives},
    followers::{
        delivery::Delivery,
        entries::{Finished, Key, News},
        fold,
    },
};

impl State {
    /// The scopes that follow `room`.
    pub(in crate::delivery::followers) fn scopes_of(&self, room: RoomId) -> Vec<Scope> {
        let mut scopes = self.by_room.get(&room).cloned().unwrap_or_default();
        let all = self.groups.get(&Scope::All);
        if all.is_some_and(|group| group.follows(room)) {
            scopes.push(Scope::All);
        }
        scopes
    }

    /// Whether the rooms of the scope are being read for the first time.
    pub(in crate::delivery::followers) fn is_loading(&self, scope: Scope) -> bool {
        self.loading.contains(&scope)
    }

    pub(in crate::delivery::followers) fn scopes_of_brand(&self, brand: BrandId) -> Vec<Scope> {
        self.by_brand.get(&brand).cloned().unwrap_or_default()
    }

    /// Whether anybody of the scope who follows `room` receives this.
    pub(in crate::delivery::followers) fn receives(
        &self,
        scope: Scope,
        room: RoomId,
        what: fn(Receives) -> bool,
    ) -> bool {
        let group = self.groups.get(&scope).into_iter();
        let mut following = group.flat_map(|group| group.following(room));
        following.any(|connection| what(connection.receives()))
    }

    /// Whether anybody of the scope follows `room` and has not joined it.
    pub(in crate::delivery::followers) fn is_outside(&self, scope: Scope, room: RoomId) -> bool {
        let group = self.groups.get(&scope).into_iter();
        let mut following = group.flat_map(|group| group.following(room));
        following.any(|connection| connection.joined() != Some(room))
    }

    pub(in crate::delivery::followers) fn connections_of(
        &self,
        user: UserId,
    ) -> impl Iterator<Item = &Arc<Connection>> {
        self.by_user.get(&user).into_iter().flatten()
    }

    /// Returns the deadline if it is a new one.
    pub(in crate::delivery::followers) fn make_due(
        &mut self,
        key: Key,
        news: News,
    ) -> Option<Instant> {
        self.entries.make_due(key, news).then(Instant::now)
    }

    /// A deadline has come. Returns the room if it is to be read: what changes from now on may be
    /// in what is read, or not.
    pub(in crate::delivery::followers) fn begin(&mut self, (room, scope): Key) -> Option<DueRoom> {
        if !self.entries.begin((room, scope)) {
            return None;
        }
        self.unfold((room, scope));
        Some(DueRoom {
            room,
            scope,
            with_read_positions: self.receives(scope, room, |receives| receives.read_positions),
        })
    }

    pub(in crate::delivery::followers) fn postpone(&mut self, key: Key) -> Option<Instant> {
        self.entries.postpone(key)
    }

    /// Returns which connections receive the summary, and the next deadline.
    pub(in crate::delivery::followers) fn delivered(
        &mut self,
        due: DueRoom,
        summary: &Summary,
    ) -> (Delivery, Option<Instant>) {
        let key = (due.room, due.scope);
        match self.entries.finish(key) {
            Some((Finished::News(news), rest)) => {
                let delivery = self.delivery(due, summary, news);
                self.learn(due, summary);
                let deadline = if delivery.connections.is_empty() {
                    self.entries.skip_rest(key)
                } else {
                    rest
                };
                (delivery, deadline)
            }
            Some((Finished::Void, deadline)) => (Delivery::default(), deadline),
            None => (Delivery::default(), None),
        }
    }

    fn delivery(&mut self, due: DueRoom, summary: &Summary, news: News) -> Delivery {
        let DueRoom {
            room,
            scope,
            with_read_positions,
        } = due;
        let state = fold::state(summary);
        let mut delivery = Delivery {
            with_room: news.room,
            with_read_positions,
            ..Delivery::default()
        };
        if news.room {
            let lean = self.lean.get(&room).into_iter().flatten();
            delivery.connections = lean.filter(|each| each.scope() == scope).cloned().collect();
        }
        let Some(group) = self.groups.get_mut(&scope) else {
            return delivery;
        };
        let before = group.deliver(room, state);
        if before.flatten() == Some(state) && news == News::default() {
            return delivery;
        }
        delivery.is_new = before == Some(None);
        let following = group.following(room);
        // Invariant 3.
        let receiving = following
            .filter(|connection| news.room || delivery.is_new || connection.joined() != Some(room));
        for connection in receiving {
            let lean = &delivery.connections;
            if !lean.iter().any(|each| Arc::ptr_eq(each, connection)) {
                delivery.connections.push(connection.clone());
            }
        }
        delivery
    }
}
