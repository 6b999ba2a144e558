//! The service inside the test process, on either store.

use std::{net::SocketAddr, time::Duration};

use tokio::{task::JoinHandle, time::timeout};
use tokio_util::sync::CancellationToken;

use crate::{
    Client, HttpRequest, PROGRAM_TIMEOUT, Program, RawSocket,
    product::{
        self, DEFAULT_HANDSHAKE_TIMEOUT, DEFAULT_MAX_TEXT_CHARS, Limits, NewBrand, NewRoom,
        NewUser, PlatformData, Settings, StoreKind, generous_limits,
    },
    raw_socket::masked,
    token_for, worlds,
};

/// How a service is started. Every test gets one that holds [`worlds::USUAL`], has limits
/// that no test meets by accident, and lets pages of this machine connect.
pub struct Setup(Settings);

impl Setup {
    /// A service that stores everything in memory.
    pub fn memory() -> Self {
        Self::on(StoreKind::Memory)
    }

    /// A service on a Postgres database of its own.
    pub fn postgres() -> Self {
        Self::on(StoreKind::Postgres)
    }

    fn on(store: StoreKind) -> Self {
        Self(Settings {
            store,
            world: worlds::USUAL.to_owned(),
            limits: generous_limits(),
            handshake_timeout: DEFAULT_HANDSHAKE_TIMEOUT,
            origins: vec!["localhost", "127.0.0.1", "[::1]"],
            max_text_chars: DEFAULT_MAX_TEXT_CHARS,
            attachments: false,
        })
    }

    /// Another world, as JSON.
    pub fn world(mut self, json: impl Into<String>) -> Self {
        self.0.world = json.into();
        self
    }

    /// Other limits.
    pub fn limits(mut self, change: impl FnOnce(&mut Limits)) -> Self {
        change(&mut self.0.limits);
        self
    }

    /// Another time limit of a handshake.
    pub fn handshake_timeout(mut self, timeout: Duration) -> Self {
        self.0.handshake_timeout = timeout;
        self
    }

    /// Other origins that may connect.
    pub fn origins(mut self, origins: &[&'static str]) -> Self {
        self.0.origins = origins.to_vec();
        self
    }

    /// Another length of the longest text.
    pub fn max_text_chars(mut self, max: usize) -> Self {
        self.0.max_text_chars = max;
        self
    }

    /// Messages can have attachments that [`crate::attachment`] signs.
    pub fn attachments(mut self) -> Self {
        self.0.attachments = true;
        self
    }

    /// Starts the real binary with these settings and no others, on the same store and
    /// with the same world.
    pub async fn start_program(self, settings: &[(&str, &str)]) -> Program {
        let world = serde_json::from_str(&self.0.world).expect("JSON");
        match self.0.store {
            StoreKind::Memory => Program::in_memory_with(&world, settings).await,
            StoreKind::Postgres => Program::on_postgres_with(&world, settings).await,
        }
    }

    /// Starts the service on a free port.
    pub async fn start(self) -> Service {
        let shutdown = CancellationToken::new();
        let started = product::start(self.0, shutdown.clone()).await;
        Service {
            address: started.address,
            shutdown,
            served: started.served,
            data: started.data,
        }
    }
}

/// A running service. It ends with the test.
pub struct Service {
    /// Where it listens.
    pub address: SocketAddr,
    shutdown: CancellationToken,
    served: JoinHandle<anyhow::Result<()>>,
    // Last, because the database is dropped with it.
    data: PlatformData,
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

    /// A connection of `user` to `/ws/chat/` that has joined `room`.
    pub async fn joined(&self, user: i64, room: i64) -> Client {
        let mut client = self.chat(user).await;
        client.join(room).await;
        client
    }

    /// A connection of `user` to `/ws/admin-chat/` that has joined `room`.
    pub async fn admin_joined(&self, user: i64, room: i64) -> Client {
        let mut client = self.admin_chat(user).await;
        client.join(room).await;
        client
    }

    /// A connection of `user` to `/ws/chat/`, for frames by hand.
    pub async fn raw_chat(&self, user: i64) -> RawSocket {
        let request = HttpRequest::websocket("/ws/chat/").bearer(&token_for(user));
        request.send(self.address).await.raw()
    }

    /// A connection of `user` to `/ws/chat/` that has joined room 1, for frames by hand.
    pub async fn raw_joined(&self, user: i64) -> RawSocket {
        let mut socket = self.raw_chat(user).await;
        let join = br#"{"action":"join_room","room_pk":1,"request_id":1}"#;
        socket.send(&masked(0x81, join)).await;
        let response = socket.receive_text().await;
        assert!(response.contains(r#""response_status":200"#), "{response}");
        socket
    }

    /// The platform inserts or replaces a user.
    pub async fn put_user(&self, user: NewUser) {
        self.data.put_user(user).await;
    }

    /// The platform inserts or replaces a brand.
    pub async fn put_brand(&self, brand: NewBrand) {
        self.data.put_brand(brand).await;
    }

    /// The platform gives a brand to another owner, and another brand to its former
    /// owner, in one change.
    pub async fn hand_over(&self, brand: NewBrand, instead: NewBrand) {
        self.data.hand_over(brand, instead).await;
    }

    /// The platform inserts a room or replaces its participants.
    pub async fn put_room(&self, room: NewRoom) {
        self.data.put_room(room).await;
    }

    /// The platform removes a room.
    pub async fn remove_room(&self, room: i64) {
        self.data.remove_room(room).await;
    }

    /// Asks the service to stop. It still answers the requests it has received.
    pub fn begin_to_stop(&self) {
        self.shutdown.cancel();
    }

    /// Stops the service and waits until it has stopped.
    pub async fn stop(self) {
        self.shutdown.cancel();
        let served = timeout(PROGRAM_TIMEOUT, self.served).await;
        let served = served.expect("the service stops in time");
        served.expect("no panic").expect("no error");
    }
}
