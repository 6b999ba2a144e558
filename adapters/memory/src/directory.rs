//! Users, brands and rooms. Users and rooms are built once per revision and
//! shared with everyone who reads them.

mod changed;
mod people;
mod rooms;

use std::sync::Arc;

use aftermatch_ports::{
    Page, Scope,
    model::{
        BrandId, Profile, Room, RoomId, User, UserId,
        world::{NewBrand, NewRoom, NewUser},
    },
};

use self::{changed::Changed, people::People, rooms::Rooms};
use crate::invalid_reference::InvalidReference;

pub(crate) struct Directory {
    changed: Changed,
    people: People,
    rooms: Rooms,
}

impl Directory {
    /// The directory of this store.
    pub(crate) fn new(store: u32) -> Self {
        Self {
            changed: Changed::default(),
            people: People::default(),
            rooms: Rooms::new(store),
        }
    }

    /// The users and rooms that changed or were removed since the previous call.
    pub(crate) fn take_changed(&mut self) -> (Vec<UserId>, Vec<RoomId>) {
        self.changed.take()
    }

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

    /// The rooms that `brand` is in.
    pub(crate) fn rooms_of(&self, brand: BrandId) -> impl Iterator<Item = RoomId> {
        self.rooms.ids_of_brand(brand)
    }

    /// The user who owns `brand`.
    pub(crate) fn owner(&self, brand: BrandId) -> Option<UserId> {
        self.people.owner(brand)
    }

    pub(crate) fn put_user(&mut self, user: NewUser) {
        self.people.put_user(user, &mut self.changed);
    }

    pub(crate) fn put_brand(&mut self, brand: NewBrand) -> Result<(), InvalidReference> {
        let brand = self.people.put_brand(brand, &mut self.changed)?;
        self.rooms.replace_brand(&brand, &mut self.changed);
        Ok(())
    }

    pub(crate) fn put_room(&mut self, room: NewRoom) -> Result<(), InvalidReference> {
        let participants = self.people.participants(&room)?;
        self.rooms.put(room, participants, &mut self.changed);
        Ok(())
    }

    pub(crate) fn remove_room(&mut self, id: RoomId) {
        self.rooms.remove(id, &mut self.changed);
    }
}
