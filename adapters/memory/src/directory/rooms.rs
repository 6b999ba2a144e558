use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    ops::Bound,
    sync::Arc,
};

use aftermatch_ports::{
    Page,
    model::{Brand, BrandId, Epoch, Room, RoomId},
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

    pub(super) fn put(&mut self, id: RoomId, participants: Vec<Arc<Brand>>, changed: &mut Changed) {
        self.remove_from_brands(id);
        for brand in &participants {
            self.by_brand.entry(brand.id).or_default().insert(id);
        }
        self.replace(id, participants, changed);
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
            let mut participants = room.participants.clone();
            for participant in &mut participants {
                if participant.id == brand.id {
                    *participant = brand.clone();
                }
            }
            self.replace(id, participants, changed);
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

    /// Gives the room a new revision, unless nothing changes. A new room gets a new
    /// log.
    fn replace(&mut self, id: RoomId, participants: Vec<Arc<Brand>>, changed: &mut Changed) {
        let old = self.rooms.get(&id);
        if old.is_some_and(|room| room.participants == participants) {
            return;
        }
        let epoch = old.map_or_else(
            || Epoch {
                store: self.store,
                room: changed.number(),
            },
            |room| room.epoch,
        );
        let room = Room {
            id,
            revision: changed.room(id),
            epoch,
            participants,
        };
        self.rooms.insert(id, Arc::new(room));
    }
}

/// The room ids at which `page` starts, and all after them.
fn ids_of(page: Page) -> (Bound<RoomId>, Bound<RoomId>) {
    let start = page.after.map_or(Bound::Unbounded, Bound::Excluded);
    (start, Bound::Unbounded)
}
