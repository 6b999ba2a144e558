//! The laws of every store, on this one.

#![allow(clippy::expect_used, reason = "a test fails by panicking")]

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use aftermatch_memory::Memory;
use aftermatch_ports::{
    Clock, Directory, EventQueue, History, Log, Messages, People, Pushes, ReadPositions, Revisions,
    Rooms,
    laws::{Subject, Work},
    model::{
        RoomId, Timestamp, World,
        world::{NewBrand, NewRoom, NewUser},
    },
};
use async_trait::async_trait;
use time::{Duration, OffsetDateTime};
use tokio::task::JoinSet;

aftermatch_ports::laws::laws!(InMemory);

struct InMemory(Memory);

/// Each moment, in milliseconds, is one after the moment before.
struct Ticking(AtomicI64);

impl Clock for Ticking {
    fn now(&self) -> Timestamp {
        let millis = self.0.fetch_add(1, Ordering::Relaxed);
        (OffsetDateTime::UNIX_EPOCH + Duration::milliseconds(millis)).into()
    }
}

#[async_trait]
impl Subject for InMemory {
    async fn with_world(world: World) -> Self {
        let clock = Ticking(AtomicI64::new(1_800_000_000_123));
        Self(Memory::new(world, Arc::new(clock)))
    }

    fn directory(&self) -> &dyn Directory {
        &self.0
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

    fn log(&self) -> &dyn Log {
        &self.0
    }

    fn history(&self) -> &dyn History {
        &self.0
    }

    fn read_positions(&self) -> &dyn ReadPositions {
        &self.0
    }

    fn pushes(&self) -> &dyn Pushes {
        &self.0
    }

    fn event_queue(&self) -> &dyn EventQueue {
        &self.0
    }

    fn revisions(&self) -> &dyn Revisions {
        &self.0
    }

    async fn put_user(&self, user: NewUser) {
        self.0.put_user(user);
    }

    async fn put_brand(&self, brand: NewBrand) {
        self.0.put_brand(brand).expect("a valid brand");
    }

    async fn put_room(&self, room: NewRoom) {
        self.0.put_room(room).expect("a valid room");
    }

    async fn remove_room(&self, room: RoomId) {
        self.0.remove_room(room);
    }

    fn t0() -> Timestamp {
        OffsetDateTime::UNIX_EPOCH.into()
    }

    fn t1() -> Timestamp {
        (OffsetDateTime::UNIX_EPOCH + Duration::MINUTE).into()
    }

    async fn in_parallel(work: Vec<Work>) {
        work.into_iter().collect::<JoinSet<()>>().join_all().await;
    }
}
