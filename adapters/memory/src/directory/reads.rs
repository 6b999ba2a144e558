use std::ops::Bound;
use std::sync::Arc;

use aftermatch_ports::model::{Profile, Revision, Room, RoomId, User, UserId};
use aftermatch_ports::{Expected, Moved, Overview, Page, Scope};

use super::{Directory, Place};

impl Directory {
    pub(crate) fn user(&self, id: UserId) -> Option<Arc<User>> {
        self.users.get(&id).cloned()
    }

    pub(crate) fn room(&self, id: RoomId) -> Option<Arc<Room>> {
        self.rooms.get(&id).map(|place| place.room.clone())
    }

    pub(crate) fn rooms(&self, scope: Scope, page: Page) -> Vec<Overview> {
        let behind = page.after.map_or(Bound::Unbounded, Bound::Excluded);
        let range = (behind, Bound::Unbounded);
        let Scope::Brand { brand, reader } = scope else {
            let places = self.rooms.range(range).take(page.limit);
            return places
                .map(|(_, place)| self.overview(place, None))
                .collect();
        };
        let ids = self.brands.get(&brand).into_iter();
        let ids = ids.flat_map(|owned| owned.rooms.range(range));
        ids.take(page.limit)
            .filter_map(|id| self.rooms.get(id))
            .map(|place| self.overview(place, Some(reader)))
            .collect()
    }

    fn overview(&self, place: &Place, reader: Option<UserId>) -> Overview {
        let log = place.log.lock();
        Overview {
            room: place.room.clone(),
            last: log.last(),
            unread: reader.map(|reader| log.unread(reader)),
            last_message: log.last_message(self),
        }
    }

    /// What is shown of a user now.
    pub(crate) fn profile(&self, user: UserId) -> Profile {
        let user = self.users.get(&user);
        // Nobody who has written is ever removed.
        user.map_or_else(|| Profile::new("{}"), |user| user.profile.clone())
    }

    pub(crate) fn moved(&self, users: Vec<(UserId, Revision)>, rooms: Vec<Expected>) -> Moved {
        let mut moved = Moved::default();
        for (id, revision) in users {
            if self.users.get(&id).map(|user| user.revision) != Some(revision) {
                moved.users.push(id);
            }
        }
        for expected in rooms {
            let place = self.rooms.get(&expected.room);
            if place.map(|place| place.room.revision) != Some(expected.revision) {
                moved.rooms.push(expected.room);
            }
            let last = place.map(|place| place.log.lock().last());
            if let Some(last) = last.filter(|&last| last > expected.last) {
                moved.ahead.push((expected.room, last));
            }
        }
        moved
    }
}
