use std::{net::SocketAddr, sync::Arc, time::Duration};

use aftermatch::{Config, Limits, Store, SystemClock};
use aftermatch_jwt::{Grant, Jwt};
use aftermatch_memory::Memory;
use aftermatch_ports::{
    Clock,
    model::{
        RoomId, UserId,
        world::{NewBrand, NewRoom, NewUser},
    },
};
use tokio::{net::TcpListener, task::JoinHandle};
use tokio_util::sync::CancellationToken;

use super::Client;

pub const SECRET: &[u8] = b"the secret of the stories, thirty-two bytes or more";

/// Two brands in room 1 (users 3 and 4), one of them with the business tariff;
/// brand 3 (user 5) and brand 1 in room 2, which has none; a room 3 without
/// user 3; an administrator (user 9) without a brand; a user 8 who owns nothing.
const WORLD: &str = r#"{
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

/// How a service is to be started.
pub struct Setup {
    world: String,
    limits: Limits,
    origins: Vec<&'static str>,
    max_text_chars: usize,
}

impl Setup {
    pub fn memory() -> Self {
        Self {
            world: WORLD.to_owned(),
            limits: Limits {
                connections: 10_000,
                connections_per_user: 1_000,
                frame_bytes: 64 * 1024,
                outbox_frames: 1_024,
                outbox_bytes: 1024 * 1024,
                handshake: Duration::from_secs(10),
                ping: Duration::from_secs(25),
                idle: Duration::from_secs(60),
                shutdown: Duration::from_secs(10),
            },
            origins: vec!["localhost", "127.0.0.1", "[::1]"],
            max_text_chars: 10_000,
        }
    }

    pub fn world(mut self, json: impl Into<String>) -> Self {
        self.world = json.into();
        self
    }

    pub fn limits(mut self, change: impl FnOnce(&mut Limits)) -> Self {
        change(&mut self.limits);
        self
    }

    pub fn origins(mut self, origins: &[&'static str]) -> Self {
        self.origins = origins.to_vec();
        self
    }

    pub fn max_text_chars(mut self, max: usize) -> Self {
        self.max_text_chars = max;
        self
    }

    pub async fn start(self) -> Service {
        let world = aftermatch_world::parse(&self.world).expect("the story's world is good");
        let store = Arc::new(Memory::new(world));
        let config = Config {
            store: Store::Memory(store.clone()),
            jwt_secret: SECRET.to_vec(),
            max_text_chars: self.max_text_chars,
            origins: self
                .origins
                .iter()
                .map(|origin| origin.parse().expect("an origin"))
                .collect(),
            limits: self.limits,
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let shutdown = CancellationToken::new();
        let served = tokio::spawn(aftermatch::serve(config, listener, shutdown.clone()));
        Service {
            address,
            store,
            shutdown,
            served,
        }
    }
}

/// A running service. It ends with the test.
pub struct Service {
    pub address: SocketAddr,
    store: Arc<Memory>,
    shutdown: CancellationToken,
    served: JoinHandle<anyhow::Result<()>>,
}

impl Service {
    /// A connection of `user` to `/ws/chat/`.
    pub async fn chat(&self, user: i64) -> Client {
        Client::connect(self.address, "/ws/chat/", &token_for(user)).await
    }

    /// A connection of `user` to `/ws/admin-chat/`.
    pub async fn admin_chat(&self, user: i64) -> Client {
        Client::connect(self.address, "/ws/admin-chat/", &token_for(user)).await
    }

    /// A connection of `user` to `/ws/chat/`, joined in `room`.
    pub async fn joined(&self, user: i64, room: i64) -> Client {
        let mut client = self.chat(user).await;
        client.join(room).await;
        client
    }

    /// The platform inserts or replaces a user.
    pub async fn put_user(&self, user: NewUser) {
        self.store.put_user(user);
    }

    /// The platform inserts or replaces a brand.
    pub async fn put_brand(&self, brand: NewBrand) {
        self.store.put_brand(brand).expect("a brand that fits");
    }

    /// The platform inserts a room or replaces its participants.
    pub async fn put_room(&self, room: NewRoom) {
        self.store.put_room(room).expect("a room that fits");
    }

    /// The platform removes a room.
    pub async fn remove_room(&self, room: RoomId) {
        self.store.remove_room(room);
    }

    /// Tells the service to stop; it goes on answering what is in flight.
    pub fn begin_to_stop(&self) {
        self.shutdown.cancel();
    }

    /// Stops the service and waits until it has.
    pub async fn stop(self) {
        self.shutdown.cancel();
        let served = tokio::time::timeout(Duration::from_secs(20), self.served).await;
        served
            .expect("the service stops")
            .expect("no panic")
            .expect("no error");
    }
}

/// A token as the platform would issue one, good for an hour.
pub fn token_for(user: i64) -> String {
    let now = SystemClock.now().unix_seconds();
    let grant = Grant {
        user: UserId(user),
        issued: now,
        expires: now + 3_600,
        id: "0637a92b7e274118b0a0e92de8857761",
    };
    Jwt::new(SECRET).issue(grant).expect("a token")
}
