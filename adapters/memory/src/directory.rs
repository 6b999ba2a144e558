use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use aftermatch_ports::Guard;
use aftermatch_ports::model::{
    Brand, BrandId, Revision, Room, RoomId, User, UserId,
    world::{NewBrand, NewRoom, NewUser},
};
use parking_lot::Mutex;

use crate::Misfit;
use crate::log::Log;

mod reads;

/// Who there is, and who is where. Users and rooms stand ready to be handed out,
/// built anew when their revision moves.
#[derive(Default)]
pub(crate) struct Directory {
    /// The last one given. One count for all: what is removed and put again
    /// never comes back at a revision it had.
    revision: i64,
    users: HashMap<UserId, Arc<User>>,
    brands: HashMap<BrandId, Owned>,
    rooms: BTreeMap<RoomId, Place>,
}

struct Owned {
    owner: UserId,
    brand: Arc<Brand>,
    rooms: BTreeSet<RoomId>,
}

struct Place {
    room: Arc<Room>,
    log: Mutex<Log>,
}

impl Directory {
    pub(crate) fn log(&self, room: RoomId) -> Option<&Mutex<Log>> {
        self.rooms.get(&room).map(|place| &place.log)
    }

    /// The log of the guard's room, if room and user are as they were judged.
    pub(crate) fn log_behind(&self, guard: Guard) -> Option<&Mutex<Log>> {
        let place = self.rooms.get(&guard.room)?;
        let user = self.users.get(&guard.user)?;
        let holds =
            place.room.revision == guard.room_revision && user.revision == guard.user_revision;
        holds.then_some(&place.log)
    }

    pub(crate) fn check_brand(&self, new: &NewBrand) -> Result<(), Misfit> {
        let (brand, owner) = (new.id, new.owner);
        match self.users.get(&owner).map(|user| user.brand) {
            None => Err(Misfit::NoSuchOwner { brand, owner }),
            Some(Some(owned)) if owned != brand => Err(Misfit::OwnsAnother {
                brand,
                owner,
                owned,
            }),
            Some(_) => Ok(()),
        }
    }

    pub(crate) fn check_room(&self, new: &NewRoom) -> Result<(), Misfit> {
        let room = new.id;
        let mut seen = HashSet::new();
        for &brand in &new.participants {
            if !self.brands.contains_key(&brand) {
                return Err(Misfit::NoSuchParticipant { room, brand });
            }
            if !seen.insert(brand) {
                return Err(Misfit::TwiceInRoom { room, brand });
            }
        }
        Ok(())
    }

    pub(crate) fn keep_user(&mut self, new: NewUser) {
        let brand = self.users.get(&new.id).and_then(|user| user.brand);
        self.replace_user(User {
            id: new.id,
            revision: Revision(0),
            active: new.active,
            admin: new.admin,
            brand,
            profile: new.profile,
        });
    }

    /// Takes a brand that [`Self::check_brand`] found fit.
    pub(crate) fn keep_brand(&mut self, new: NewBrand) {
        let brand = Arc::new(Brand {
            id: new.id,
            tariff: new.tariff,
            tariff_until: new.tariff_until,
            profile: new.profile,
        });
        let former = self.brands.get(&new.id).map(|owned| owned.owner);
        if let Some(former) = former.filter(|&former| former != new.owner) {
            self.give(former, None);
        }
        self.give(new.owner, Some(new.id));

        let owned = self.brands.entry(new.id).or_insert_with(|| Owned {
            owner: new.owner,
            brand: brand.clone(),
            rooms: BTreeSet::new(),
        });
        owned.owner = new.owner;
        owned.brand = brand;
        for room in owned.rooms.clone() {
            if let Some(place) = self.rooms.get(&room) {
                let participants = place.room.participants.iter();
                let participants: Vec<_> = participants.map(|brand| brand.id).collect();
                self.replace_room(room, &participants);
            }
        }
    }

    /// Takes a room that [`Self::check_room`] found fit.
    pub(crate) fn keep_room(&mut self, id: RoomId, participants: &[BrandId]) {
        self.forget_participants(id);
        for brand in participants {
            if let Some(owned) = self.brands.get_mut(brand) {
                owned.rooms.insert(id);
            }
        }
        self.replace_room(id, participants);
    }

    pub(crate) fn remove_room(&mut self, id: RoomId) {
        self.forget_participants(id);
        self.rooms.remove(&id);
    }

    fn forget_participants(&mut self, id: RoomId) {
        if let Some(place) = self.rooms.get(&id) {
            for brand in &place.room.participants {
                if let Some(owned) = self.brands.get_mut(&brand.id) {
                    owned.rooms.remove(&id);
                }
            }
        }
    }

    fn give(&mut self, user: UserId, brand: Option<BrandId>) {
        if let Some(user) = self.users.get(&user) {
            let user = User::clone(user);
            self.replace_user(User { brand, ..user });
        }
    }

    /// Moves the revision if anything else is new.
    fn replace_user(&mut self, mut user: User) {
        if let Some(old) = self.users.get(&user.id) {
            user.revision = old.revision;
            if **old == user {
                return;
            }
        }
        user.revision = self.next_revision();
        self.users.insert(user.id, Arc::new(user));
    }

    /// Builds the room of these participants as they are now, and moves its
    /// revision if anything is new.
    fn replace_room(&mut self, id: RoomId, participants: &[BrandId]) {
        let participants = participants.iter();
        let participants = participants.filter_map(|brand| self.brands.get(brand));
        let participants: Vec<_> = participants.map(|owned| owned.brand.clone()).collect();
        let old = self.rooms.get(&id);
        if old.is_some_and(|place| place.room.participants == participants) {
            return;
        }
        let room = Arc::new(Room {
            id,
            revision: self.next_revision(),
            participants,
        });
        match self.rooms.get_mut(&id) {
            Some(place) => place.room = room,
            None => {
                let log = Mutex::new(Log::new(id));
                self.rooms.insert(id, Place { room, log });
            }
        }
    }

    fn next_revision(&mut self) -> Revision {
        self.revision += 1;
        Revision(self.revision)
    }
}
