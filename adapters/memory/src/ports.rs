use std::sync::Arc;

use aftermatch_ports::model::{
    BrandId, MessageId, Room, RoomId, Seq, Text, Timestamp, User, UserId, rules::Whose,
};
use aftermatch_ports::{
    Created, Deleted, Guard, Messages, Page, People, Read, Rooms, Unavailable, Written,
};
use async_trait::async_trait;

use crate::Memory;
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

    async fn rooms(
        &self,
        brand: Option<BrandId>,
        page: Page,
    ) -> Result<Vec<Arc<Room>>, Unavailable> {
        Ok(self.directory.read().rooms(brand, page))
    }
}

#[async_trait]
impl Messages for Memory {
    async fn create(
        &self,
        guard: Guard,
        _: Text,
        _: Timestamp,
    ) -> Result<Written<Created>, Unavailable> {
        Ok(self.write(guard, |log| log.create(self.next_message(), guard.user)))
    }

    async fn edit(
        &self,
        guard: Guard,
        id: MessageId,
        _: Text,
        _: Timestamp,
    ) -> Result<Written<Option<Seq>>, Unavailable> {
        Ok(self.write(guard, |log| log.edit(id, guard.user)))
    }

    async fn delete(
        &self,
        guard: Guard,
        ids: Vec<MessageId>,
        whose: Whose,
        _: Timestamp,
    ) -> Result<Written<Option<Deleted>>, Unavailable> {
        Ok(self.write(guard, |log| log.delete(ids, whose)))
    }

    async fn last_seq(&self, room: RoomId) -> Result<Seq, Unavailable> {
        let directory = self.directory.read();
        Ok(directory
            .log(room)
            .map_or(Seq::ZERO, |log| log.lock().last()))
    }
}

impl Memory {
    /// The directory stays locked until the write is kept: nobody can move a
    /// revision in between.
    fn write<T>(&self, guard: Guard, write: impl FnOnce(&mut Log) -> T) -> Written<T> {
        let directory = self.directory.read();
        match directory.log_behind(guard) {
            Some(log) => Written::Done(write(&mut log.lock())),
            None => Written::Stale,
        }
    }
}
