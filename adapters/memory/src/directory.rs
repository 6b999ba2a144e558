//! Users, brands and rooms. Users and rooms are built once per revision and
//! shared with everyone who reads them.

mod changed;
mod people;
mod rooms;

use std::sync::Arc;

use aftermatch_ports::{
    Page, Scope,
    model::{
        BrandId, InvalidReference, Profile, Records, Room, RoomId, User, UserId,
        world::{NewBrand, NewRoom, NewUser},
    },
};

use self::{changed::Changed, people::People, rooms::Rooms};

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
        // Authors are never removed, but those who deleted messages of others can be.
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

    /// Why `records` do not fit. A brand that is in them has its new owner already.
    pub(crate) fn refusals(&self, records: &Records) -> Vec<InvalidReference> {
        let brands = self.people.refused_brands(records);
        let rooms = self.people.refused_rooms(records);
        brands.into_iter().chain(rooms).collect()
    }

    /// Puts brands that were not refused, and may change hands among themselves.
    pub(crate) fn put_brands(&mut self, brands: &[NewBrand]) {
        self.people.release(brands, &mut self.changed);
        for brand in brands {
            let brand = self.people.set_owner(brand.clone(), &mut self.changed);
            self.rooms.replace_brand(&brand, &mut self.changed);
        }
    }

    pub(crate) fn brand(&self, id: BrandId) -> Option<NewBrand> {
        self.people.brand(id)
    }

    /// Removes a user who owns no brand.
    pub(crate) fn remove_user(&mut self, id: UserId) -> bool {
        self.people.remove_user(id, &mut self.changed)
    }

    /// Removes a brand, also from its rooms.
    pub(crate) fn remove_brand(&mut self, id: BrandId) -> bool {
        self.rooms.remove_brand(id, &mut self.changed);
        self.people.remove_brand(id, &mut self.changed)
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
