//! The connections that follow one scope, and the rooms that it has.

use std::{
    collections::{HashMap, HashSet},
    mem,
    sync::Arc,
};

use aftermatch_ports::{
    RoomState, Summary,
    model::{FollowedRooms, LogHead, RoomEvent, RoomId, Seq, SessionId, UserId},
};

use super::{
    entries::News,
    fold::{Fold, Step},
};
use crate::delivery::connection::Connection;

#[derive(Default)]
pub(super) struct Group {
    members: HashMap<SessionId, Member>,
    /// Each with the state that was delivered last, or none if it is new. `None`: they
    /// have not been read.
    pub(super) rooms: Option<HashMap<RoomId, Option<RoomState>>>,
    /// Whether they are all new to somebody, once they have been read.
    pub(super) are_new: bool,
    /// The same of rooms that are followed one by one while nobody follows all of them: what was
    /// delivered last. `None`: that there is no such room.
    listed: HashMap<RoomId, Option<RoomState>>,
    folds: HashMap<RoomId, Fold>,
}

struct Member {
    connection: Arc<Connection>,
    /// `None`: all rooms of the scope.
    only: Option<HashSet<RoomId>>,
}

impl Group {
    pub(super) fn add(&mut self, connection: &Arc<Connection>, rooms: &FollowedRooms) {
        let only = match rooms {
            FollowedRooms::These(rooms) => Some(rooms.iter().copied().collect()),
            FollowedRooms::InReach | FollowedRooms::None => None,
        };
        let member = Member {
            connection: connection.clone(),
            only,
        };
        self.members.insert(connection.session, member);
        // Who comes now has not received that they are gone.
        self.listed.retain(|_, state| state.is_some());
    }

    /// Removes a connection. Returns the rooms that it followed alone.
    pub(super) fn remove(&mut self, session: SessionId) -> HashSet<RoomId> {
        let member = self.members.remove(&session);
        if !self.follows_all() {
            let members = &self.members;
            let follows = |room| members.values().any(|member| member.follows(room));
            self.folds.retain(|room, _| follows(*room));
        }
        let only = member.and_then(|member| member.only).unwrap_or_default();
        if !only.is_empty() {
            let left: HashSet<_> = self.only().collect();
            self.listed.retain(|room, _| left.contains(room));
        }
        only
    }

    /// These are all rooms of the scope, and somebody follows them. Returns those that were
    /// delivered in another state to who follows them one by one.
    pub(super) fn load(&mut self, mut rooms: HashMap<RoomId, Option<RoomState>>) -> Vec<RoomId> {
        let mut older = Vec::new();
        for (room, before) in mem::take(&mut self.listed) {
            if let (Some(now @ Some(_)), Some(_)) = (rooms.get_mut(&room), before)
                && *now != before
            {
                *now = before;
                older.push(room);
            }
        }
        self.rooms = Some(rooms);
        older
    }

    /// Nobody follows all rooms any more. Returns those that there were.
    pub(super) fn unload(&mut self) -> impl Iterator<Item = RoomId> + use<> {
        let rooms = self.rooms.take().unwrap_or_default();
        let only: HashSet<_> = self.only().collect();
        let listed = rooms.iter().filter(|(room, _)| only.contains(room));
        let listed = listed.filter(|(_, state)| state.is_some());
        self.listed = listed.map(|(room, state)| (*room, *state)).collect();
        rooms.into_keys()
    }

    /// This state of `room` is delivered. Returns the one before; `Some(None)` if the room is new.
    pub(super) fn deliver(&mut self, room: RoomId, state: RoomState) -> Option<Option<RoomState>> {
        if let Some(rooms) = &mut self.rooms {
            return rooms.get_mut(&room).map(|before| before.replace(state));
        }
        let before = self.listed.insert(room, Some(state));
        before.flatten().map(Some)
    }

    /// The scope does not have a room that is followed by itself. Returns whether that was
    /// delivered before.
    pub(super) fn is_known_as_gone(&mut self, room: RoomId) -> bool {
        self.rooms.is_none() && self.listed.insert(room, None) == Some(None)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.members.is_empty()
    }

    /// Whether somebody follows all rooms of the scope.
    pub(super) fn follows_all(&self) -> bool {
        let mut members = self.members.values();
        members.any(|member| member.only.is_none())
    }

    /// The rooms that are followed one by one.
    pub(super) fn only(&self) -> impl Iterator<Item = RoomId> {
        let members = self.members.values();
        members.flat_map(|member| member.only.iter().flatten().copied())
    }

    /// Those of them that are not as they were delivered. `rooms` are all rooms of the scope.
    pub(super) fn differing(&self, rooms: &[(RoomId, RoomState)]) -> Vec<(RoomId, News)> {
        let rooms: HashMap<_, _> = rooms.iter().copied().collect();
        let only: HashSet<_> = self.only().collect();
        let differing = only.into_iter().filter_map(|room| {
            let (before, now) = (self.listed.get(&room), rooms.get(&room));
            if before.is_some_and(|before| before.as_ref() == now) {
                return None;
            }
            let before = before.and_then(Option::as_ref);
            let has_changed = before
                .zip(now)
                .is_some_and(|(a, b)| a.revision != b.revision);
            let news = News {
                room: has_changed,
                more: false,
            };
            Some((room, news))
        });
        differing.collect()
    }

    pub(super) fn is_loading(&self) -> bool {
        self.rooms.is_none() && self.follows_all()
    }

    /// Whether somebody follows `room`, if the scope has it.
    pub(super) fn follows(&self, room: RoomId) -> bool {
        self.members.values().any(|member| member.follows(room))
    }

    /// The connections that follow `room`, if the scope has it.
    pub(super) fn following(&self, room: RoomId) -> impl Iterator<Item = &Arc<Connection>> {
        let members = self.members.values();
        let following = members.filter(move |member| member.follows(room));
        following.map(|member| &member.connection)
    }

    /// The state of `room` that was delivered last.
    fn state(&self, room: RoomId) -> Option<RoomState> {
        let rooms = self.rooms.as_ref().unwrap_or(&self.listed);
        *rooms.get(&room)?
    }
}

/// What is known of the rooms.
impl Group {
    /// Whether event `seq` of `room` is in the state that is known, or was delivered.
    pub(super) fn knows(&self, room: RoomId, seq: Seq) -> bool {
        let fold = self.folds.get(&room);
        fold.is_some_and(|fold| fold.contains(seq))
            || self.state(room).is_some_and(|state| state.last_seq >= seq)
    }

    /// This is the state of `room`. If it was known, it is as old as when it was read.
    pub(super) fn learn(&mut self, room: RoomId, summary: &Summary) {
        let fold = self.folds.entry(room);
        fold.or_insert_with(|| Fold::new(summary));
    }

    pub(super) fn is_next(&self, room: RoomId, head: LogHead) -> bool {
        let fold = self.folds.get(&room);
        fold.is_some_and(|fold| fold.is_next(head))
    }

    pub(super) fn step(&mut self, event: &RoomEvent, reader: Option<UserId>) -> Step {
        let room = event.room.room.id;
        if let Some(fold) = self.folds.get_mut(&room) {
            fold.step(event, reader)
        } else if self.knows(room, event.seq) {
            Step::Old
        } else {
            Step::Unknown
        }
    }

    /// The state of `room`, if it is known and there is more in it than was delivered.
    pub(super) fn take_known(&mut self, room: RoomId) -> Option<Summary> {
        self.folds.get_mut(&room)?.take()
    }

    /// Nothing is known of `room` but what was delivered.
    pub(super) fn forget(&mut self, room: RoomId) {
        self.folds.remove(&room);
    }
}

impl Member {
    fn follows(&self, room: RoomId) -> bool {
        self.only.as_ref().is_none_or(|only| only.contains(&room))
    }
}
