use std::sync::Arc;

use aftermatch_ports::model::{
    Message, MessageId, Room, RoomId, Seq, Text, Timestamp, User, UserId, rules::Whose,
};
use aftermatch_ports::{
    Changes, Creation, Deleted, Draft, Guard, Health, History, Messages, Overview, Page, People,
    Read, Rooms, Scope, Stretch, Unavailable, Written,
};
use async_trait::async_trait;

use crate::Memory;
use crate::directory::Directory;
use crate::log::Log;

#[async_trait]
impl People for Memory {
    async fn user(&self, id: UserId, _: Read) -> Result<Option<Arc<User>>, Unavailable> {
        Ok(self.directory.read().user(id))
    }
}

#[async_trait]
impl Rooms for Memory {
    async fn room(&self, id: RoomId, _: Read) -> Result<Option<Arc<Room>>, Unavailable> {
        Ok(self.directory.read().room(id))
    }

    async fn rooms(&self, scope: Scope, page: Page) -> Result<Vec<Overview>, Unavailable> {
        Ok(self.directory.read().rooms(scope, page))
    }
}

#[async_trait]
impl Messages for Memory {
    async fn create(
        &self,
        guard: Guard,
        draft: Draft,
        at: Timestamp,
    ) -> Result<Written<Creation>, Unavailable> {
        Ok(self.write(guard, |log, people| {
            log.create(people, || self.next_message(), guard.user, draft, at)
        }))
    }

    async fn edit(
        &self,
        guard: Guard,
        id: MessageId,
        text: Text,
        at: Timestamp,
    ) -> Result<Written<Option<Seq>>, Unavailable> {
        Ok(self.write(guard, |log, _| log.edit(id, guard.user, text, at)))
    }

    async fn delete(
        &self,
        guard: Guard,
        ids: Vec<MessageId>,
        whose: Whose,
        _: Timestamp,
    ) -> Result<Written<Option<Deleted>>, Unavailable> {
        Ok(self.write(guard, |log, _| log.delete(ids, whose)))
    }

    async fn last_seq(&self, room: RoomId) -> Result<Seq, Unavailable> {
        Ok(self.read(room, |log, _| log.last()))
    }

    async fn changes(&self, room: RoomId, since: Seq, most: usize) -> Result<Changes, Unavailable> {
        Ok(self.read(room, |log, people| log.changes(people, since, most)))
    }

    async fn history(
        &self,
        room: RoomId,
        stretch: Stretch,
        limit: usize,
    ) -> Result<History, Unavailable> {
        Ok(self.read(room, |log, people| log.history(people, stretch, limit)))
    }

    async fn newest(
        &self,
        room: RoomId,
        skip: u64,
        limit: usize,
    ) -> Result<(u64, Vec<Message>), Unavailable> {
        Ok(self.read(room, |log, people| log.newest(people, skip, limit)))
    }

    async fn mark_read(&self, room: RoomId, user: UserId, seq: Seq) -> Result<Seq, Unavailable> {
        Ok(self.read(room, |log, _| log.mark_read(user, seq)))
    }
}

impl Memory {
    /// The directory stays locked until the write is kept: nobody can move a
    /// revision in between.
    fn write<T>(&self, guard: Guard, write: impl FnOnce(&mut Log, &Directory) -> T) -> Written<T> {
        let directory = self.directory.read();
        match directory.log_behind(guard) {
            Some(log) => Written::Done(write(&mut log.lock(), &directory)),
            None => Written::Stale,
        }
    }

    /// What is asked of a room that is not there is asked of an empty log.
    fn read<T>(&self, room: RoomId, read: impl FnOnce(&mut Log, &Directory) -> T) -> T {
        let directory = self.directory.read();
        match directory.log(room) {
            Some(log) => read(&mut log.lock(), &directory),
            None => read(&mut Log::new(room), &directory),
        }
    }
}

#[async_trait]
impl Health for Memory {
    async fn check(&self) -> Result<(), Unavailable> {
        Ok(())
    }
}
