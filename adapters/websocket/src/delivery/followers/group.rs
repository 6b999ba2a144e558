//! The connections that follow one scope, and the rooms that it has.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use aftermatch_ports::{
    RoomState,
    model::{FollowedRooms, RoomId, Seq, SessionId},
};

use super::entries::News;
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
        let only = member.and_then(|member| member.only).unwrap_or_default();
        if !only.is_empty() {
            let left: HashSet<_> = self.only().collect();
            self.listed.retain(|room, _| left.contains(room));
        }
        only
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

    /// Whether event `seq` of `room` was in a state that was delivered.
    pub(super) fn knows(&self, room: RoomId, seq: Seq) -> bool {
        self.state(room).is_some_and(|state| state.last_seq >= seq)
    }

    /// The state of `room` that was delivered last.
    pub(super) fn state(&self, room: RoomId) -> Option<RoomState> {
        let rooms = self.rooms.as_ref().unwrap_or(&self.listed);
        *rooms.get(&room)?
    }
}

impl Member {
    fn follows(&self, room: RoomId) -> bool {
        self.only.as_ref().is_none_or(|only| only.contains(&room))
    }
}
