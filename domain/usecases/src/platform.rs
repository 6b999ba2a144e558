//! What the platform requests. It decides who is who and who writes: no rights are looked at.

mod attempt;
mod messages;
mod records;

use aftermatch_ports::{
    HistoryPage, HistoryRange, Moderator, Page, Platform, PlatformError, Post, Posted, PutCounts,
    Read,
    model::{
        BrandId, MessageId, RecordId, Records, RoomId, UserId,
        world::{NewBrand, NewRoom, NewUser},
    },
};
use async_trait::async_trait;

use crate::UseCases;

#[async_trait]
impl Platform for UseCases {
    async fn put(&self, records: Records) -> Result<PutCounts, PlatformError> {
        records::put(&self.ports, records).await
    }

    async fn remove(&self, id: RecordId) -> Result<bool, PlatformError> {
        records::remove(&self.ports, id).await
    }

    async fn user(&self, id: UserId) -> Result<Option<NewUser>, PlatformError> {
        let user = self.ports.people.user(id, Read::Fresh).await?;
        Ok(user.map(|user| NewUser::from(&*user)))
    }

    async fn brand(&self, id: BrandId) -> Result<Option<NewBrand>, PlatformError> {
        Ok(self.ports.directory.brand(id).await?)
    }

    async fn room(&self, id: RoomId) -> Result<Option<NewRoom>, PlatformError> {
        let room = self.ports.rooms.room(id, Read::Fresh).await?;
        Ok(room.map(|room| NewRoom::from(&*room)))
    }

    async fn rooms(&self, page: Page) -> Result<Vec<NewRoom>, PlatformError> {
        records::rooms(&self.ports, page).await
    }

    async fn messages(
        &self,
        room: RoomId,
        range: HistoryRange,
        limit: usize,
    ) -> Result<HistoryPage, PlatformError> {
        messages::history(&self.ports, room, range, limit).await
    }

    async fn create(&self, post: Post) -> Result<Posted, PlatformError> {
        messages::create(&self.ports, post).await
    }

    async fn edit(&self, room: RoomId, id: MessageId, text: &str) -> Result<(), PlatformError> {
        messages::edit(&self.ports, room, id, text).await
    }

    async fn delete(
        &self,
        room: RoomId,
        id: MessageId,
        by: Option<Moderator>,
    ) -> Result<bool, PlatformError> {
        messages::delete(&self.ports, room, id, by).await
    }
}

#[cfg(test)]
mod tests;
