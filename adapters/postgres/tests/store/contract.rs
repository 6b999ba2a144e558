//! Postgres under the laws of every store.

#![allow(clippy::expect_used, reason = "a test fails by panicking")]

use std::time::Duration;

use aftermatch_ports::{
    Messages, People, Rooms, Watch,
    contract::{Subject, Work},
    model::{
        RoomId, Timestamp, World,
        world::{NewBrand, NewRoom, NewUser},
    },
};
use aftermatch_postgres::{Options, Postgres, import};
use aftermatch_testdb::{Database, Platform};
use async_trait::async_trait;
use time::OffsetDateTime;
use tokio::task::JoinSet;

struct InPostgres {
    store: Postgres,
    platform: Platform,
    // Dropped last: the database goes with it.
    _database: Database,
}

#[async_trait]
impl Subject for InPostgres {
    async fn holding(world: World) -> Self {
        let database = aftermatch_testdb::fresh().await;
        let options = Options {
            url: database.url().to_owned(),
            pool: 4,
            statement_timeout: Duration::from_secs(10),
        };
        import(&options, &world, |_| {})
            .await
            .expect("the world goes in");
        Self {
            store: Postgres::connect(&options).await.expect("a connection"),
            platform: Platform::connect(database.url()).await,
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
