//! A store in memory: to try the service and to test it. It lasts as long as the
//! process.
//!
//! # Locks
//! 1. Every read and write holds a shared lock on users, rooms and logs until it
//!    is done.
//! 2. Each room's log has a lock of its own inside that one, so rooms never wait
//!    for each other.
//! 3. A change by the platform holds the outer lock alone. It happens before or
//!    after a write, never during it: a precondition that holds when the write
//!    starts still holds when the write is committed.
//! 4. Reading what has changed holds the outer lock alone, too: a change is part of
//!    this reading or of the next one, and never lost between them.

mod changes;
mod directory;
mod event_queue;
mod log;
mod platform;
mod ports;
mod pushes;
mod relay;
mod state;
mod time;

use std::sync::Arc;

use aftermatch_ports::{
    Clock,
    model::{
        InvalidReference, RoomId, World,
        world::{NewBrand, NewRoom, NewUser},
    },
};
use parking_lot::{Mutex, RwLock};
use tokio::sync::Notify;

use event_queue::Queue;
use pushes::Pending;
pub use relay::LocalRelay;
use state::State;

/// A store that lasts as long as the process.
pub struct Memory {
    state: RwLock<State>,
    /// Says when an event is committed.
    clock: Arc<dyn Clock>,
    /// Notified of every change by the platform.
    changed: Notify,
    /// Taken after the lock of the state.
    pushes: Mutex<Pending>,
    events: Mutex<Queue>,
}

impl Memory {
    /// A store that holds this world and nothing else. Messages without an id get
    /// the ids that follow the highest one in the world.
    #[must_use]
    pub fn new(world: World, clock: Arc<dyn Clock>) -> Self {
        Self {
            state: RwLock::new(State::new(world, time::store_id(clock.now()))),
            clock,
            changed: Notify::new(),
            pushes: Mutex::default(),
            events: Mutex::default(),
        }
    }

    /// Inserts or replaces a user. An existing user keeps its brand.
    pub fn put_user(&self, user: NewUser) {
        self.state.write().directory.put_user(user);
        self.changed.notify_one();
    }

    /// Inserts or replaces a brand. A former owner is left without a brand.
    ///
    /// # Errors
    /// [`InvalidReference::UnknownOwner`], [`InvalidReference::OwnerHasBrand`];
    /// nothing has changed.
    pub fn put_brand(&self, brand: NewBrand) -> Result<(), InvalidReference> {
        self.put_brands([brand])
    }

    /// Inserts or replaces several brands in one change: nobody sees only some of
    /// them.
    ///
    /// # Errors
    /// As [`Memory::put_brand`]; the brands before the invalid one have changed.
    pub fn put_brands(
        &self,
        brands: impl IntoIterator<Item = NewBrand>,
    ) -> Result<(), InvalidReference> {
        let mut state = self.state.write();
        let changed = brands
            .into_iter()
            .try_for_each(|brand| state.directory.put_brand(brand));
        drop(state);
        self.changed.notify_one();
        changed
    }

    /// Inserts a room, or replaces its participants. Its messages stay.
    ///
    /// # Errors
    /// [`InvalidReference::UnknownParticipant`],
    /// [`InvalidReference::DuplicateParticipant`]; nothing has changed.
    pub fn put_room(&self, room: NewRoom) -> Result<(), InvalidReference> {
        self.state.write().put_room(room)?;
        self.changed.notify_one();
        Ok(())
    }

    /// Removes a room and its messages, if it exists.
    pub fn remove_room(&self, room: RoomId) {
        self.state.write().remove_room(room);
        self.changed.notify_one();
    }
}
