use std::{
    collections::HashMap,
    mem,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use aftermatch_ports::{
    Draft, Precondition, RoomState, RoomSummary,
    model::{
        InvalidReference, LogHead, MessageId, RequestId, Room, RoomId, Seq, Timestamp, UserId,
        World,
        world::{NewMessage, NewRoom},
    },
};
use parking_lot::Mutex;

use crate::{
    directory::Directory,
    log::{Log, Stamp},
    time,
};

/// Everything in the store. Each room of the directory has a log.
pub(crate) struct State {
    pub(crate) directory: Directory,
    logs: HashMap<RoomId, Mutex<Log>>,
    /// Rooms with events that [`State::take_written`] has not returned yet. A room
    /// is added once, by its first event: others do not wait for this lock.
    written: Mutex<Vec<RoomId>>,
    /// Whether [`State::changes`] was called before.
    pub(crate) was_asked: bool,
    next_message_id: AtomicI64,
}

impl State {
    pub(crate) fn new(world: World, store: u32) -> Self {
        let ids = world.messages().iter().filter_map(|message| message.id);
        let highest = ids.max().map_or(0, |id| id.0);
        let mut state = Self {
            directory: Directory::new(store),
            logs: HashMap::new(),
            written: Mutex::default(),
            was_asked: false,
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
            attachments: None,
            client_msg_id: None,
            request_id: RequestId::NONE,
        };
        let stamp = Stamp {
            by: message.author,
            at: message.created_at,
            request_id: RequestId::NONE,
        };
        log.lock().create(
            &self.directory,
            || message.id.unwrap_or_else(|| self.next_message_id()),
            draft,
            stamp,
        );
    }

    pub(crate) fn put_room(&mut self, room: NewRoom) -> Result<(), InvalidReference> {
        let id = room.id;
        self.directory.put_room(room)?;
        if let Some(room) = self.directory.room(id) {
            let log = self.logs.entry(id);
            log.or_insert_with(|| Mutex::new(Log::new(id, room.epoch)));
        }
        Ok(())
    }

    pub(crate) fn remove_room(&mut self, id: RoomId) {
        self.directory.remove_room(id);
        self.logs.remove(&id);
    }

    /// Whether the user ever wrote a message, deleted ones included.
    pub(crate) fn has_written(&self, user: UserId) -> bool {
        self.logs.values().any(|log| log.lock().has_author(user))
    }

    /// Forgets how far the user has read.
    pub(crate) fn forget_reader(&mut self, user: UserId) {
        for log in self.logs.values_mut() {
            log.get_mut().forget_reader(user);
        }
    }

    pub(crate) fn log(&self, room: RoomId) -> Option<&Mutex<Log>> {
        self.logs.get(&room)
    }

    /// All logs.
    pub(crate) fn logs(&self) -> impl Iterator<Item = (RoomId, &Mutex<Log>)> {
        self.logs.iter().map(|(room, log)| (*room, log))
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

    /// Notes that `log`, which belongs to `room`, has a new event.
    pub(crate) fn set_written(&self, room: RoomId, log: &mut Log) {
        if log.set_written() {
            self.written.lock().push(room);
        }
    }

    /// The rooms with events since the previous call, and how far their logs go.
    pub(crate) fn take_written(&mut self) -> Vec<(RoomId, LogHead)> {
        let written = mem::take(self.written.get_mut()).into_iter();
        let heads = written.filter_map(|room| {
            // A room that was removed and added again can be here twice.
            let log = self.logs.get_mut(&room)?.get_mut();
            log.take_written().then(|| (room, log.head()))
        });
        heads.collect()
    }

    /// Forgets texts that were replaced or deleted up to `keep` before `now`, those
    /// of at most `limit` events. Returns of how many.
    pub(crate) fn purge(&self, now: Timestamp, keep: Duration, limit: usize) -> usize {
        let Some(until) = time::before(now, keep) else {
            return 0;
        };
        let mut count = 0;
        for log in self.logs.values() {
            count += log.lock().purge(until, limit - count);
        }
        count
    }

    pub(crate) fn summary(&self, room: Arc<Room>, reader: Option<UserId>) -> Option<RoomSummary> {
        let log = self.log(room.id)?.lock();
        Some(RoomSummary {
            room,
            last_seq: log.last_seq(),
            unread: reader.map(|reader| log.unread(reader)),
            read_seq: reader.map(|reader| log.read_seq(reader)),
            last_message: log.last_message(&self.directory),
        })
    }

    pub(crate) fn room_state(&self, room: RoomId, reader: Option<UserId>) -> Option<RoomState> {
        let revision = self.directory.room(room)?.revision;
        let log = self.log(room)?.lock();
        Some(RoomState {
            last_seq: log.last_seq(),
            read_seq: reader.map(|reader| log.read_seq(reader)),
            revision,
        })
    }

    /// What others are shown of the read positions in `room`.
    pub(crate) fn shown(&self, room: RoomId) -> Vec<(RoomId, UserId, Seq)> {
        let (Some(of), Some(log)) = (self.directory.room(room), self.log(room)) else {
            return Vec::new();
        };
        let log = log.lock();
        let brands = of.participants.iter().map(|brand| brand.id);
        let owners = brands.filter_map(|brand| self.directory.owner(brand));
        owners
            .filter_map(|user| Some((room, user, log.shown(user)?)))
            .collect()
    }
}
