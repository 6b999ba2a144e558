use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
};

use aftermatch_ports::{
    Draft, Precondition, RoomSummary, Stale,
    model::{
        MessageId, Revision, Room, RoomId, RoomVersion, UserId, World,
        world::{NewMessage, NewRoom},
    },
};
use parking_lot::Mutex;

use crate::{directory::Directory, invalid_reference::InvalidReference, log::Log};

/// Everything in the store. Each room of the directory has a log.
pub(crate) struct State {
    pub(crate) directory: Directory,
    logs: HashMap<RoomId, Mutex<Log>>,
    next_message_id: AtomicI64,
}

impl State {
    pub(crate) fn new(world: World) -> Self {
        let ids = world.messages().iter().filter_map(|message| message.id);
        let highest = ids.max().map_or(0, |id| id.0);
        let mut state = Self {
            directory: Directory::default(),
            logs: HashMap::new(),
            next_message_id: AtomicI64::new(highest.wrapping_add(1)),
        };
        for user in world.users() {
            state.directory.put_user(user.clone());
        }
        // Every reference of a world is valid, so nothing is refused.
        for brand in world.brands() {
            let _ = state.directory.put_brand(brand.clone());
        }
        for room in world.rooms() {
            let _ = state.put_room(room.clone());
        }
        for message in world.messages() {
            state.import(message);
        }
        state
    }

    fn import(&self, message: &NewMessage) {
        let Some(log) = self.logs.get(&message.room) else {
            return;
        };
        let draft = Draft {
            text: message.text.clone(),
            client_msg_id: None,
        };
        log.lock().create(
            &self.directory,
            || message.id.unwrap_or_else(|| self.next_message_id()),
            message.author,
            draft,
            message.created_at,
        );
    }

    pub(crate) fn put_room(&mut self, room: NewRoom) -> Result<(), InvalidReference> {
        let id = room.id;
        self.directory.put_room(room)?;
        let log = self.logs.entry(id);
        log.or_insert_with(|| Mutex::new(Log::new(id)));
        Ok(())
    }

    pub(crate) fn remove_room(&mut self, id: RoomId) {
        self.directory.remove_room(id);
        self.logs.remove(&id);
    }

    pub(crate) fn log(&self, room: RoomId) -> Option<&Mutex<Log>> {
        self.logs.get(&room)
    }

    pub(crate) fn holds(&self, precondition: &Precondition) -> bool {
        let room = self.directory.room(precondition.room);
        let user = self.directory.user(precondition.user);
        room.is_some_and(|room| room.revision == precondition.room_revision)
            && user.is_some_and(|user| user.revision == precondition.user_revision)
    }

    /// After the highest id come the negative ones, which nobody can import: even
    /// then no id is used twice.
    pub(crate) fn next_message_id(&self) -> MessageId {
        MessageId(self.next_message_id.fetch_add(1, Ordering::Relaxed))
    }

    pub(crate) fn summary(&self, room: Arc<Room>, reader: Option<UserId>) -> Option<RoomSummary> {
        let log = self.log(room.id)?.lock();
        Some(RoomSummary {
            room,
            last_seq: log.last_seq(),
            unread: reader.map(|reader| log.unread(reader)),
            last_message: log.last_message(&self.directory),
        })
    }

    pub(crate) fn stale(&self, users: Vec<(UserId, Revision)>, rooms: Vec<RoomVersion>) -> Stale {
        let mut stale = Stale::default();
        for (id, revision) in users {
            if self.directory.user(id).map(|user| user.revision) != Some(revision) {
                stale.users.push(id);
            }
        }
        for seen in rooms {
            let id = seen.room;
            if self.directory.room(id).map(|room| room.revision) != Some(seen.revision) {
                stale.rooms.push(id);
            }
            let last_seq = self.log(id).map(|log| log.lock().last_seq());
            if let Some(last_seq) = last_seq.filter(|&last_seq| last_seq > seen.last_seq) {
                stale.behind.push((id, last_seq));
            }
        }
        stale
    }
}
