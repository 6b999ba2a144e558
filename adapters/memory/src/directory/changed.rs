use std::{collections::HashSet, mem};

use aftermatch_ports::model::{Revision, RoomId, UserId};

/// Gives out revisions and collects what got one.
///
/// One counter for all users and rooms: a room that is removed and added again
/// never has a revision or a log that it had before.
#[derive(Default)]
pub(super) struct Changed {
    last: i64,
    users: HashSet<UserId>,
    rooms: HashSet<RoomId>,
}

impl Changed {
    /// A number that was never given out before.
    pub(super) fn number(&mut self) -> i64 {
        self.last += 1;
        self.last
    }

    /// The user changed. Returns its new revision.
    pub(super) fn user(&mut self, id: UserId) -> Revision {
        self.users.insert(id);
        Revision(self.number())
    }

    /// The room changed. Returns its new revision.
    pub(super) fn room(&mut self, id: RoomId) -> Revision {
        self.rooms.insert(id);
        Revision(self.number())
    }

    /// The user was removed.
    pub(super) fn removed_user(&mut self, id: UserId) {
        self.users.insert(id);
    }

    /// The room was removed.
    pub(super) fn removed(&mut self, id: RoomId) {
        self.rooms.insert(id);
    }

    /// The users and rooms that changed since the previous call.
    pub(super) fn take(&mut self) -> (Vec<UserId>, Vec<RoomId>) {
        let users = mem::take(&mut self.users);
        let rooms = mem::take(&mut self.rooms);
        (users.into_iter().collect(), rooms.into_iter().collect())
    }
}
