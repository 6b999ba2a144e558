use std::{net::SocketAddr, time::Duration};

use aftermatch::{Config, Limits, SystemClock};
use aftermatch_jwt::{Grant, Jwt};
use aftermatch_ports::{
    Clock,
    model::{
        RoomId, UserId,
        world::{NewBrand, NewRoom, NewUser},
    },
};
use tokio::{net::TcpListener, task::JoinHandle};
use tokio_util::sync::CancellationToken;

use super::{
    Client,
    store::{Kind, Platform, WORLD},
};

pub const SECRET: &[u8] = b"the secret of the stories, thirty-two bytes or more";

/// How a service is to be started.
pub struct Setup {
    store: Kind,
    world: String,
    limits: Limits,
    origins: Vec<&'static str>,
    max_text_chars: usize,
}

impl Setup {
    pub fn memory() -> Self {
        Self::on(Kind::Memory)
    }

    pub fn postgres() -> Self {
        Self::on(Kind::Postgres)
    }

    fn on(store: Kind) -> Self {
        Self {
            store,
            world: WORLD.to_owned(),
            limits: Limits {
                connections: 10_000,
                connections_per_user: 1_000,
                frame_bytes: 64 * 1024,
                requests_per_second: None,
                outbox_frames: 1_024,
                outbox_bytes: 1024 * 1024,
                handshake: Duration::from_secs(10),
                ping: Duration::from_secs(25),
                idle: Duration::from_secs(60),
                drain: Duration::ZERO,
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
        let (store, platform) = self.store.holding(world).await;
        let config = Config {
            store,
            jwt_secret: SECRET.to_vec(),
            max_text_chars: self.max_text_chars,
            origins: self
                .origins
                .iter()
                .map(|origin| origin.parse().expect("an origin"))
                .collect(),
            limits: self.limits,
            operations: None,
            page: None,
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let shutdown = CancellationToken::new();
        let served = tokio::spawn(aftermatch::serve(config, listener, shutdown.clone()));
        Service {
            address,
            shutdown,
            served,
            platform,
        }
    }
}

/// A running service. It ends with the test.
pub struct Service {
    pub address: SocketAddr,
    shutdown: CancellationToken,
    served: JoinHandle<anyhow::Result<()>>,
    // Behind what is served: a database goes with it.
    platform: Platform,
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
        self.platform.put_user(user).await;
    }

    /// The platform inserts or replaces a brand.
    pub async fn put_brand(&self, brand: NewBrand) {
        self.platform.put_brand(brand).await;
    }

    /// The platform gives a brand to another owner, and its former owner another
    /// brand instead: both at once.
    pub async fn hand_over(&self, brand: NewBrand, instead: NewBrand) {
        self.platform.hand_over(brand, instead).await;
    }

    /// The platform inserts a room or replaces its participants.
    pub async fn put_room(&self, room: NewRoom) {
        self.platform.put_room(room).await;
    }

    /// The platform removes a room.
    pub async fn remove_room(&self, room: RoomId) {
        self.platform.remove_room(room).await;
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
