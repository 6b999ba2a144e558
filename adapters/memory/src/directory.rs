//! Users, brands and rooms. Users and rooms are built once per revision and
//! shared with everyone who reads them.

mod people;
mod revision;
mod rooms;

use std::sync::Arc;

use aftermatch_ports::{
    Page, Scope,
    model::{
        Profile, Room, RoomId, User, UserId,
        world::{NewBrand, NewRoom, NewUser},
    },
};

use self::{people::People, revision::RevisionCounter, rooms::Rooms};
use crate::invalid_reference::InvalidReference;

#[derive(Default)]
pub(crate) struct Directory {
    revisions: RevisionCounter,
    people: People,
    rooms: Rooms,
}

impl Directory {
    pub(crate) fn user(&self, id: UserId) -> Option<&Arc<User>> {
        self.people.user(id)
    }

    /// The user's profile as of now.
    pub(crate) fn profile(&self, id: UserId) -> Profile {
        let user = self.people.user(id);
        // Users are never removed, so every author exists.
        user.map_or_else(|| Profile::new("{}"), |user| user.profile.clone())
    }

    pub(crate) fn room(&self, id: RoomId) -> Option<&Arc<Room>> {
        self.rooms.room(id)
    }

    /// One page of the rooms in `scope`, by id.
    pub(crate) fn list(&self, scope: Scope, page: Page) -> Vec<Arc<Room>> {
        match scope {
            Scope::All => self.rooms.all(page),
            Scope::Brand { brand, .. } => self.rooms.of_brand(brand, page),
        }
    }

    pub(crate) fn put_user(&mut self, user: NewUser) {
        self.people.put_user(user, &mut self.revisions);
    }

    pub(crate) fn put_brand(&mut self, brand: NewBrand) -> Result<(), InvalidReference> {
        let brand = self.people.put_brand(brand, &mut self.revisions)?;
        self.rooms.replace_brand(&brand, &mut self.revisions);
        Ok(())
    }

    pub(crate) fn put_room(&mut self, room: NewRoom) -> Result<(), InvalidReference> {
        let participants = self.people.participants(&room)?;
        self.rooms.put(room.id, participants, &mut self.revisions);
        Ok(())
    }

    pub(crate) fn remove_room(&mut self, id: RoomId) {
        self.rooms.remove(id);
    }
}
