//! What every store promises, held against this one.

#![allow(clippy::expect_used, reason = "a test fails by panicking")]

use aftermatch_memory::Memory;
use aftermatch_ports::contract::{Subject, Work};
use aftermatch_ports::model::{
    RoomId, Timestamp, World,
    world::{NewBrand, NewRoom, NewUser},
};
use aftermatch_ports::{Messages, People, Rooms, Watch};
use async_trait::async_trait;
use time::{Duration, OffsetDateTime};
use tokio::task::JoinSet;

aftermatch_ports::contract::laws!(Store);

struct Store(Memory);

#[async_trait]
impl Subject for Store {
    async fn holding(world: World) -> Self {
        Self(Memory::new(world))
    }

    fn people(&self) -> &dyn People {
        &self.0
    }

    fn rooms(&self) -> &dyn Rooms {
        &self.0
    }

    fn messages(&self) -> &dyn Messages {
        &self.0
    }

    fn watch(&self) -> &dyn Watch {
        &self.0
    }

    async fn put_user(&self, user: NewUser) {
        self.0.put_user(user);
    }

    async fn put_brand(&self, brand: NewBrand) {
        self.0.put_brand(brand).expect("a brand that fits");
    }

    async fn put_room(&self, room: NewRoom) {
        self.0.put_room(room).expect("a room that fits");
    }

    async fn remove_room(&self, room: RoomId) {
        self.0.remove_room(room);
    }

    fn moment() -> Timestamp {
        OffsetDateTime::UNIX_EPOCH.into()
    }

    fn later() -> Timestamp {
        (OffsetDateTime::UNIX_EPOCH + Duration::MINUTE).into()
    }

    async fn in_parallel(work: Vec<Work>) {
        work.into_iter().collect::<JoinSet<()>>().join_all().await;
    }
}
