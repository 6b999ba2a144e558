//! People, rooms and messages in memory: to try the service and to test it. They
//! last as long as the process.
//!
//! # Locks
//! Whoever reads or writes shares one lock on the directory of people and rooms,
//! and holds it until done; what was written in a room has a lock of its own
//! behind it. So rooms never wait for each other. The platform's hand takes the directory
//! alone: what it changes lies wholly before or wholly behind any write, and a
//! guard that was found good stays good until the write is kept.

mod directory;
mod log;
mod misfit;
mod ports;
mod watch;

use std::sync::atomic::{AtomicI64, Ordering};

use aftermatch_ports::Draft;
use aftermatch_ports::model::{
    MessageId, RoomId, World,
    world::{NewBrand, NewRoom, NewUser},
};
use parking_lot::RwLock;
use tokio::sync::Notify;

use directory::Directory;
pub use misfit::Misfit;

/// A store that lasts as long as the process.
pub struct Memory {
    directory: RwLock<Directory>,
    next_message: AtomicI64,
    touched: Notify,
}

impl Memory {
    /// A store that holds this world and nothing else. Messages without a number
    /// get those that follow the highest one given.
    #[must_use]
    pub fn new(world: World) -> Self {
        let given = world.messages().iter().filter_map(|message| message.id);
        let highest = given.max().map_or(0, |id| id.0);
        let mut directory = Directory::default();
        for user in world.users() {
            directory.keep_user(user.clone());
        }
        for brand in world.brands() {
            directory.keep_brand(brand.clone());
        }
        for room in world.rooms() {
            directory.keep_room(room.id, &room.participants);
        }
        let memory = Self {
            directory: RwLock::new(directory),
            next_message: AtomicI64::new(highest.wrapping_add(1)),
            touched: Notify::new(),
        };
        for message in world.messages() {
            let id = || message.id.unwrap_or_else(|| memory.next_message());
            let draft = Draft {
                text: message.text.clone(),
                client_id: None,
            };
            let directory = memory.directory.read();
            if let Some(log) = directory.log(message.room) {
                let mut log = log.lock();
                log.create(&directory, id, message.author, draft, message.at);
            }
        }
        memory
    }

    /// Inserts or replaces a user. Who is there already keeps the brand.
    pub fn put_user(&self, user: NewUser) {
        self.directory.write().keep_user(user);
        self.touched.notify_one();
    }

    /// Inserts or replaces a brand. A former owner is left without one.
    ///
    /// # Errors
    /// [`Misfit::NoSuchOwner`], [`Misfit::OwnsAnother`]; nothing has changed.
    pub fn put_brand(&self, brand: NewBrand) -> Result<(), Misfit> {
        let mut directory = self.directory.write();
        directory.check_brand(&brand)?;
        directory.keep_brand(brand);
        self.touched.notify_one();
        Ok(())
    }

    /// Inserts a room, or replaces its participants. Its messages stay.
    ///
    /// # Errors
    /// [`Misfit::NoSuchParticipant`], [`Misfit::TwiceInRoom`]; nothing has changed.
    pub fn put_room(&self, room: NewRoom) -> Result<(), Misfit> {
        let mut directory = self.directory.write();
        directory.check_room(&room)?;
        directory.keep_room(room.id, &room.participants);
        self.touched.notify_one();
        Ok(())
    }

    /// Removes a room and its messages, if it is there.
    pub fn remove_room(&self, room: RoomId) {
        self.directory.write().remove_room(room);
        self.touched.notify_one();
    }

    // Behind the highest number come the negative ones, which nobody can import:
    // even then no number is used twice.
    fn next_message(&self) -> MessageId {
        MessageId(self.next_message.fetch_add(1, Ordering::Relaxed))
    }
}
