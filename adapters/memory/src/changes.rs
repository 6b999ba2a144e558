//! What has changed in the store, and what it does not hold as expected.

use std::mem;

use aftermatch_ports::{
    Changes, Difference, Expected,
    model::{BrandId, LogHead, RoomId, UserId, Viewer},
};

use crate::state::State;

impl State {
    /// What has changed since the previous call.
    pub(crate) fn changes(&mut self) -> Changes {
        let (users, rooms) = self.directory.take_changed();
        let logs = self.take_written();
        if !mem::replace(&mut self.was_asked, true) {
            return Changes::Unknown;
        }
        Changes::Known { users, rooms, logs }
    }

    /// What is not as expected, in the order in which it was given.
    pub(crate) fn compare(&self, expected: Expected) -> Difference {
        let mut difference = Difference::default();
        for (user, viewer) in expected.roles {
            if !self.has_role(user, viewer) {
                difference.users.push(user);
            }
        }
        for room in expected.rooms {
            if self.directory.room(room).is_none() {
                difference.rooms.push(room);
            }
        }
        for (room, brand) in expected.participants {
            if !self.has_participant(room, brand) {
                difference.rooms.push(room);
            }
        }
        for (room, head) in expected.logs {
            match self.head(room) {
                Some(now) if now == head => {}
                Some(now) => difference.logs.push((room, now)),
                None => difference.rooms.push(room),
            }
        }
        difference
    }

    pub(crate) fn head(&self, room: RoomId) -> Option<LogHead> {
        self.log(room).map(|log| log.lock().head())
    }

    fn has_role(&self, user: UserId, viewer: Viewer) -> bool {
        let user = self.directory.user(user).filter(|user| user.active);
        user.is_some_and(|user| match viewer {
            Viewer::Brand(brand) => user.brand == Some(brand),
            Viewer::Admin => user.admin,
        })
    }

    fn has_participant(&self, room: RoomId, brand: BrandId) -> bool {
        let room = self.directory.room(room);
        room.is_some_and(|room| room.has(brand))
    }
}
