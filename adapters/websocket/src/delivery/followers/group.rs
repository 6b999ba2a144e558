//! The connections that follow one scope, and the rooms that it has.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use aftermatch_ports::{
    RoomState, Summary,
    model::{FollowedRooms, LogHead, RoomEvent, RoomId, Seq, SessionId, UserId},
};

use super::fold::{Fold, Step};
use crate::delivery::connection::Connection;

#[derive(Default)]
pub(super) struct Group {
    members: HashMap<SessionId, Member>,
    /// Each with the state that was delivered last, or none if it is new. `None`: they
    /// have not been read.
    pub(super) rooms: Option<HashMap<RoomId, Option<RoomState>>>,
    /// Whether they are all new to somebody, once they have been read.
    pub(super) are_new: bool,
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
    }

    /// Removes a connection. Returns the rooms that it followed alone.
    pub(super) fn remove(&mut self, session: SessionId) -> HashSet<RoomId> {
        let member = self.members.remove(&session);
        if !self.follows_all() {
            let members = &self.members;
            let follows = |room| members.values().any(|member| member.follows(room));
            self.folds.retain(|room, _| follows(*room));
        }
        member.and_then(|member| member.only).unwrap_or_default()
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
        *self.rooms.as_ref()?.get(&room)?
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
