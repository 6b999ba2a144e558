//! The laws of every store and of every relay, on this one.

use std::time::Duration;

use aftermatch_ports::{
    Directory, EventQueue, History, Interest, Log, Messages, People, Pushes, ReadPositions, Relay,
    Revisions, Rooms,
    laws::{RelaySubject, Subject, Work},
    model::{
        RoomId, Timestamp, World,
        world::{NewBrand, NewRoom, NewUser},
    },
};
use aftermatch_postgres::Postgres;
use aftermatch_testdb::{Database, Platform};
use async_trait::async_trait;
use time::OffsetDateTime;
use tokio::{task::JoinSet, time::sleep};

use crate::{
    rights::PARTITION,
    support::{store, town, with_world},
};

aftermatch_ports::laws::laws!(InPostgres<false>);
aftermatch_ports::laws::relay_laws!(TwoProcesses);

mod partitioned {
    use super::*;

    aftermatch_ports::laws::laws!(InPostgres<true>);
}

/// Also with partitions of the messages.
struct InPostgres<const PARTITIONED: bool> {
    store: Postgres,
    platform: Platform,
    // Dropped last: this removes the database.
    _database: Database,
}

#[async_trait]
impl<const PARTITIONED: bool> Subject for InPostgres<PARTITIONED> {
    async fn with_world(world: World) -> Self {
        let (database, platform) = with_world(&world).await;
        if PARTITIONED {
            let partition = sqlx::raw_sql(PARTITION).execute(platform.pool()).await;
            partition.expect("partitions");
        }
        let store = store(&database).await;
        // Its first connection leaves the next changes unknown.
        store.ready().await;
        Self {
            store,
            platform,
            _database: database,
        }
    }

    fn directory(&self) -> &dyn Directory {
        &self.store
    }

    fn people(&self) -> &dyn People {
        &self.store
    }

    fn rooms(&self) -> &dyn Rooms {
        &self.store
    }

    fn messages(&self) -> &dyn Messages {
        &self.store
    }

    fn log(&self) -> &dyn Log {
        &self.store
    }

    fn history(&self) -> &dyn History {
        &self.store
    }

    fn read_positions(&self) -> &dyn ReadPositions {
        &self.store
    }

    fn pushes(&self) -> &dyn Pushes {
        &self.store
    }

    fn event_queue(&self) -> &dyn EventQueue {
        &self.store
    }

    fn revisions(&self) -> &dyn Revisions {
        &self.store
    }

    async fn put_user(&self, user: NewUser) {
        self.platform.put_user(user).await;
    }

    async fn put_brand(&self, brand: NewBrand) {
        self.platform.put_brand(brand).await;
    }

    async fn put_room(&self, room: NewRoom) {
        self.platform.put_room(room).await;
    }

    async fn remove_room(&self, room: RoomId) {
        self.platform.remove_room(room).await;
    }

    fn t0() -> Timestamp {
        OffsetDateTime::UNIX_EPOCH.into()
    }

    fn t1() -> Timestamp {
        (OffsetDateTime::UNIX_EPOCH + Duration::from_secs(60)).into()
    }

    async fn in_parallel(work: Vec<Work>) {
        work.into_iter().collect::<JoinSet<()>>().join_all().await;
    }
}

struct TwoProcesses {
    stores: [Postgres; 2],
    _database: Database,
}

#[async_trait]
impl RelaySubject for TwoProcesses {
    async fn connected() -> Self {
        let (database, _) = with_world(&town(vec![])).await;
        Self {
            stores: [store(&database).await, store(&database).await],
            _database: database,
        }
    }

    fn instances(&self) -> [&dyn Relay; 2] {
        self.stores.each_ref().map(|store| store as &dyn Relay)
    }

    fn interests(&self) -> [&dyn Interest; 2] {
        self.stores.each_ref().map(|store| store as &dyn Interest)
    }

    fn moment(millis: i64) -> Timestamp {
        (OffsetDateTime::UNIX_EPOCH + time::Duration::milliseconds(millis)).into()
    }

    async fn pause(&self) {
        sleep(Duration::from_millis(5)).await;
    }
}
