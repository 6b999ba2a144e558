//! The contract that every store must pass.

use std::time::Duration;

use aftermatch_ports::{
    Messages, People, Rooms, Watch,
    contract::{Subject, Work},
    model::{
        RoomId, Timestamp, World,
        world::{NewBrand, NewRoom, NewUser},
    },
};
use aftermatch_postgres::Postgres;
use aftermatch_testdb::{Database, Platform};
use async_trait::async_trait;
use time::OffsetDateTime;
use tokio::task::JoinSet;

use crate::support::{store, with_dataset};

struct InPostgres {
    store: Postgres,
    platform: Platform,
    // Dropped last: this removes the database.
    _database: Database,
}

#[async_trait]
impl Subject for InPostgres {
    async fn holding(dataset: World) -> Self {
        let (database, platform) = with_dataset(&dataset).await;
        Self {
            store: store(&database).await,
            platform,
            _database: database,
        }
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

    fn watch(&self) -> &dyn Watch {
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

    fn moment() -> Timestamp {
        OffsetDateTime::UNIX_EPOCH.into()
    }

    fn later() -> Timestamp {
        (OffsetDateTime::UNIX_EPOCH + Duration::from_secs(60)).into()
    }

    async fn in_parallel(work: Vec<Work>) {
        let mut set: JoinSet<()> = work.into_iter().collect();
        while let Some(done) = set.join_next().await {
            if let Err(error) = done {
                std::panic::resume_unwind(error.into_panic());
            }
        }
    }
}

aftermatch_ports::contract::laws!(InPostgres);
