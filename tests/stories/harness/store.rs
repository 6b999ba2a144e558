use std::{sync::Arc, time::Duration};

use aftermatch::Store;
use aftermatch_memory::Memory;
use aftermatch_ports::model::{
    RoomId, World,
    world::{NewBrand, NewRoom, NewUser},
};
use aftermatch_postgres::{Options, Postgres};
use aftermatch_testdb::Database;

/// Two brands in room 1 (users 3 and 4), one of them with the business tariff;
/// brand 3 (user 5) and brand 1 in room 2, which has none; a room 3 without
/// user 3; an administrator (user 9) without a brand; a user 8 who owns nothing.
pub const WORLD: &str = r#"{
  "users": [
    {"id":3,"profile":{"email":"ann@example.com"}},
    {"id":4,"profile":{"email":"bob@example.com"}},
    {"id":5,"profile":{"id":5,"email":"eve@example.com"}},
    {"id":8,"profile":{}},
    {"id":7,"active":false,"profile":{}},
    {"id":9,"admin":true,"profile":{"email":"boss@example.com"}}
  ],
  "brands": [
    {"id":1,"user_id":3,"tariff":"light","tariff_until":null,"profile":{"fullname":"Alpha"}},
    {"id":2,"user_id":4,"tariff":"business","tariff_until":"2099-01-01T00:00:00Z","profile":{"fullname":"Beta","big":12345678901234567890123}},
    {"id":3,"user_id":5,"tariff":"business","tariff_until":"2020-01-01T00:00:00Z","profile":{"id":3,"fullname":"Gamma"}},
    {"id":4,"user_id":7,"profile":{}}
  ],
  "rooms": [
    {"id":1,"participants":[1,2]},
    {"id":2,"participants":[3,1]},
    {"id":3,"participants":[2,3]}
  ],
  "messages": [
    {"room_id":1,"user_id":3,"text":"hello","created_at":"2024-06-17T18:00:00.000Z"}
  ]
}"#;

/// Where a story takes place.
#[derive(Debug, Clone, Copy)]
pub enum Kind {
    Memory,
    Postgres,
}

impl Kind {
    /// A store that holds `world`, and the platform's hand on it.
    pub async fn holding(self, world: World) -> (Store, Platform) {
        match self {
            Self::Memory => {
                let store = Arc::new(Memory::new(world));
                (Store::Memory(store.clone()), Platform::Memory(store))
            }
            Self::Postgres => {
                let database = aftermatch_testdb::fresh().await;
                let options = options(database.url());
                let imported = aftermatch_postgres::import(&options, &world, |_| {}).await;
                imported.expect("the world goes in");
                let store = Postgres::connect(&options)
                    .await
                    .expect("the database is there");
                let platform = aftermatch_testdb::Platform::connect(database.url()).await;
                let platform = Platform::Postgres(platform, database);
                (Store::Postgres(Arc::new(store)), platform)
            }
        }
    }
}

/// How a story reaches its database. Machines that run many stories at once are
/// slow at times.
pub fn options(url: &str) -> Options {
    Options {
        url: url.to_owned(),
        pool: 4,
        statement_timeout: Duration::from_secs(10),
    }
}

/// The platform's hand, which changes what the service knows while it runs.
pub enum Platform {
    Memory(Arc<Memory>),
    /// The database goes when this does.
    Postgres(aftermatch_testdb::Platform, #[expect(dead_code)] Database),
}

impl Platform {
    pub async fn put_user(&self, user: NewUser) {
        match self {
            Self::Memory(store) => store.put_user(user),
            Self::Postgres(platform, _) => platform.put_user(user).await,
        }
    }

    pub async fn put_brand(&self, brand: NewBrand) {
        match self {
            Self::Memory(store) => store.put_brand(brand).expect("a brand that fits"),
            Self::Postgres(platform, _) => platform.put_brand(brand).await,
        }
    }

    /// In memory these are two changes, with nothing in between that lets a
    /// service on the same thread go on.
    pub async fn hand_over(&self, brand: NewBrand, instead: NewBrand) {
        match self {
            Self::Memory(store) => {
                store.put_brand(brand).expect("a brand that fits");
                store.put_brand(instead).expect("a brand that fits");
            }
            Self::Postgres(platform, _) => {
                let both = "WITH given AS (UPDATE brands SET user_id = $2 WHERE id = $1)
                    INSERT INTO brands (id, user_id) VALUES ($3, $4)";
                let both = sqlx::query(both).bind(brand.id.0).bind(brand.owner.0);
                let both = both.bind(instead.id.0).bind(instead.owner.0);
                both.execute(platform.pool()).await.expect("both are done");
            }
        }
    }

    pub async fn put_room(&self, room: NewRoom) {
        match self {
            Self::Memory(store) => store.put_room(room).expect("a room that fits"),
            Self::Postgres(platform, _) => platform.put_room(room).await,
        }
    }

    pub async fn remove_room(&self, room: RoomId) {
        match self {
            Self::Memory(store) => store.remove_room(room),
            Self::Postgres(platform, _) => platform.remove_room(room).await,
        }
    }
}
