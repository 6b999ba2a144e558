//! The only file that names crates of the service: how it is started inside this
//! process, on which store, and how the platform changes what that store holds.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use aftermatch::{App, AttachmentSignatures, Jwt, Store, SystemClock};
use aftermatch_memory::Memory;
use aftermatch_ports::{
    Clock,
    model::{BrandId, Profile, RoomId, UserId},
};
use aftermatch_postgres::{Options, Postgres};
use aftermatch_testdb::Database;
use tokio::{net::TcpListener, task::JoinHandle};
use tokio_util::sync::CancellationToken;

pub use aftermatch::Limits;
pub(crate) use aftermatch::{DEFAULT_HANDSHAKE_TIMEOUT, DEFAULT_MAX_TEXT_CHARS};
pub use aftermatch_ports::model::{
    Pen, RoomKind, Tariff, Timestamp,
    world::{NewBrand, NewRoom, NewUser},
};

use crate::{ATTACHMENT_SECRET, SECRET};

/// Which store a service runs on.
#[derive(Debug, Clone, Copy)]
pub(crate) enum StoreKind {
    Memory,
    Postgres,
}

/// Limits that no test meets by accident.
pub(crate) fn generous_limits() -> Limits {
    Limits {
        connections_per_user: 1_000,
        requests_per_second: None,
        writes_per_second: None,
        ..Limits::default()
    }
}

/// What a service is started with.
pub(crate) struct Settings {
    pub(crate) store: StoreKind,
    pub(crate) world: String,
    pub(crate) limits: Limits,
    pub(crate) handshake_timeout: Duration,
    pub(crate) origins: Vec<&'static str>,
    pub(crate) max_text_chars: usize,
    pub(crate) attachments: bool,
}

/// A service that was started.
pub(crate) struct Started {
    pub(crate) address: SocketAddr,
    pub(crate) served: JoinHandle<anyhow::Result<()>>,
    pub(crate) data: PlatformData,
}

/// Starts the service on a free port, until `shutdown` is cancelled.
pub(crate) async fn start(settings: Settings, shutdown: CancellationToken) -> Started {
    let (store, data) = open(settings.store, &settings.world).await;
    let origins = settings.origins.iter();
    let origins = origins.map(|origin| origin.parse().expect("an origin"));
    let tokens = Arc::new(Jwt::new(SECRET.as_bytes()));
    let signatures = settings.attachments.then(|| {
        let secret = ATTACHMENT_SECRET.as_bytes();
        AttachmentSignatures::new(secret).expect("a secret")
    });
    let app = App::builder(store, tokens, origins.collect())
        .max_text_chars(settings.max_text_chars)
        .signatures(signatures)
        .limits(settings.limits)
        .handshake_timeout(settings.handshake_timeout)
        .build();
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    Started {
        address: listener.local_addr().expect("an address"),
        served: tokio::spawn(app.serve(listener, shutdown)),
        data,
    }
}

/// The AsyncAPI document that the service publishes.
pub(crate) fn asyncapi() -> String {
    aftermatch_protocol::asyncapi()
}

/// The OpenAPI document that the service publishes.
pub fn openapi() -> String {
    aftermatch_protocol::api::openapi()
}

/// A store that holds `world`, and the platform's access to it.
async fn open(kind: StoreKind, world: &str) -> (Store, PlatformData) {
    let world = aftermatch_world::parse(world).expect("a world without mistakes");
    match kind {
        StoreKind::Memory => {
            let store = Arc::new(Memory::new(world, Arc::new(SystemClock)));
            (Store::Memory(store.clone()), PlatformData::Memory(store))
        }
        StoreKind::Postgres => {
            let database = aftermatch_testdb::fresh().await;
            let options = Options {
                url: database.url().to_owned(),
                replica: None,
                pool: 4,
                // Machines that run many tests at once are slow at times.
                statement_timeout: Duration::from_secs(10),
            };
            let imported = aftermatch_postgres::import(&options, &world, |_| {}).await;
            imported.expect("the world is imported");
            let store = Postgres::connect(&options).await;
            let store = Store::Postgres(Arc::new(store.expect("the database answers")));
            let platform = aftermatch_testdb::Platform::connect(database.url()).await;
            (store, PlatformData::Postgres(platform, database))
        }
    }
}

/// The platform's access to users, brands and rooms while the service runs.
pub(crate) enum PlatformData {
    Memory(Arc<Memory>),
    /// The database is dropped with this value.
    Postgres(
        aftermatch_testdb::Platform,
        #[expect(dead_code, reason = "held until the service has ended")] Database,
    ),
}

impl PlatformData {
    pub(crate) async fn put_user(&self, user: NewUser) {
        match self {
            Self::Memory(store) => store.put_user(user),
            Self::Postgres(platform, _) => platform.put_user(user).await,
        }
    }

    pub(crate) async fn put_brand(&self, brand: NewBrand) {
        match self {
            Self::Memory(store) => store.put_brand(brand).expect("a valid brand"),
            Self::Postgres(platform, _) => platform.put_brand(brand).await,
        }
    }

    /// Both brands in one change.
    pub(crate) async fn hand_over(&self, brand: NewBrand, instead: NewBrand) {
        match self {
            Self::Memory(store) => store.put_brands([brand, instead]).expect("valid brands"),
            Self::Postgres(platform, _) => {
                let both = "WITH given AS (UPDATE brands SET user_id = $2 WHERE id = $1)
                    INSERT INTO brands (id, user_id) VALUES ($3, $4)";
                let both = sqlx::query(both).bind(brand.id.0).bind(brand.owner.0);
                let both = both.bind(instead.id.0).bind(instead.owner.0);
                let done = both.execute(platform.pool()).await;
                done.expect("both brands are changed");
            }
        }
    }

    pub(crate) async fn put_room(&self, room: NewRoom) {
        match self {
            Self::Memory(store) => store.put_room(room).expect("a valid room"),
            Self::Postgres(platform, _) => platform.put_room(room).await,
        }
    }

    pub(crate) async fn remove_room(&self, room: i64) {
        match self {
            Self::Memory(store) => store.remove_room(RoomId(room)),
            Self::Postgres(platform, _) => platform.remove_room(RoomId(room)).await,
        }
    }
}

/// An active user who is no administrator.
pub fn user(id: i64) -> NewUser {
    NewUser {
        id: UserId(id),
        active: true,
        admin: false,
        profile: Profile::new("{}"),
    }
}

/// A brand of the user `owner`.
pub fn brand(id: i64, owner: i64, tariff: Tariff, tariff_until: Option<Timestamp>) -> NewBrand {
    NewBrand {
        id: BrandId(id),
        owner: UserId(owner),
        tariff: Some(tariff),
        tariff_until,
        profile: Profile::new("{}"),
    }
}

/// A room of these brands.
pub fn room(id: i64, participants: &[i64]) -> NewRoom {
    NewRoom {
        id: RoomId(id),
        participants: participants.iter().copied().map(BrandId).collect(),
        kind: RoomKind::default(),
        pen: Pen::default(),
        frozen: false,
    }
}

/// The time on the service's clock, so many milliseconds from now.
pub fn in_milliseconds(milliseconds: i64) -> Timestamp {
    let now = time::OffsetDateTime::from(SystemClock.now());
    (now + time::Duration::milliseconds(milliseconds)).into()
}
