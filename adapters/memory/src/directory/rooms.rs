use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    ops::Bound,
    sync::Arc,
};

use aftermatch_ports::{
    Page,
    model::{Brand, BrandId, Epoch, Revision, Room, RoomId, world::NewRoom},
};

use super::changed::Changed;

/// The rooms, and which brand is in which of them.
pub(super) struct Rooms {
    /// The store that these rooms are in.
    store: u32,
    rooms: BTreeMap<RoomId, Arc<Room>>,
    by_brand: HashMap<BrandId, BTreeSet<RoomId>>,
}

impl Rooms {
    pub(super) fn new(store: u32) -> Self {
        Self {
            store,
            rooms: BTreeMap::new(),
            by_brand: HashMap::new(),
        }
    }

    pub(super) fn room(&self, id: RoomId) -> Option<&Arc<Room>> {
        self.rooms.get(&id)
    }

    pub(super) fn all(&self, page: Page) -> Vec<Arc<Room>> {
        let rooms = self.rooms.range(ids_of(page)).take(page.limit);
        rooms.map(|(_, room)| room.clone()).collect()
    }

    pub(super) fn of_brand(&self, brand: BrandId, page: Page) -> Vec<Arc<Room>> {
        let ids = self.by_brand.get(&brand).into_iter();
        let ids = ids.flat_map(|ids| ids.range(ids_of(page)));
        ids.take(page.limit)
            .filter_map(|id| self.rooms.get(id).cloned())
            .collect()
    }

    /// The ids of the rooms that `brand` is in.
    pub(super) fn ids_of_brand(&self, brand: BrandId) -> impl Iterator<Item = RoomId> {
        self.by_brand.get(&brand).into_iter().flatten().copied()
    }

    /// A new room gets a new log.
    pub(super) fn put(
        &mut self,
        new: NewRoom,
        participants: Vec<Arc<Brand>>,
        changed: &mut Changed,
    ) {
        self.remove_from_brands(new.id);
        for brand in &participants {
            self.by_brand.entry(brand.id).or_default().insert(new.id);
        }
        let epoch = match self.rooms.get(&new.id) {
            Some(old) => old.epoch,
            None => Epoch {
                store: self.store,
                room: changed.number(),
            },
        };
        let room = Room {
            id: new.id,
            revision: Revision(0),
            epoch,
            participants,
            kind: new.kind,
            pen: new.pen,
            frozen: new.frozen,
        };
        self.replace(room, changed);
    }

    pub(super) fn remove(&mut self, id: RoomId, changed: &mut Changed) {
        self.remove_from_brands(id);
        if self.rooms.remove(&id).is_some() {
            changed.removed(id);
        }
    }

    /// Shows `brand` as it is now in every room it is in.
    pub(super) fn replace_brand(&mut self, brand: &Arc<Brand>, changed: &mut Changed) {
        for id in self.by_brand.get(&brand.id).cloned().unwrap_or_default() {
            let Some(room) = self.rooms.get(&id) else {
                continue;
            };
            let mut room = Room::clone(room);
            for participant in &mut room.participants {
                if participant.id == brand.id {
                    *participant = brand.clone();
                }
            }
            self.replace(room, changed);
        }
    }

    /// Takes `brand` out of every room it is in.
    pub(super) fn remove_brand(&mut self, brand: BrandId, changed: &mut Changed) {
        for id in self.by_brand.remove(&brand).unwrap_or_default() {
            let Some(room) = self.rooms.get(&id) else {
                continue;
            };
            let mut room = Room::clone(room);
            room.participants.retain(|other| other.id != brand);
            self.replace(room, changed);
        }
    }

    fn remove_from_brands(&mut self, id: RoomId) {
        let Some(room) = self.rooms.get(&id) else {
            return;
        };
        for brand in &room.participants {
            if let Some(rooms) = self.by_brand.get_mut(&brand.id) {
                rooms.remove(&id);
            }
        }
    }

    /// Gives the room a new revision, unless nothing else changes.
    fn replace(&mut self, mut room: Room, changed: &mut Changed) {
        if let Some(old) = self.rooms.get(&room.id) {
            room.revision = old.revision;
            if **old == room {
                return;
            }
        }
        room.revision = changed.room(room.id);
        self.rooms.insert(room.id, Arc::new(room));
    }
}

/// The room ids at which `page` starts, and all after them.
fn ids_of(page: Page) -> (Bound<RoomId>, Bound<RoomId>) {
    let start = page.after.map_or(Bound::Unbounded, Bound::Excluded);
    (start, Bound::Unbounded)
}
