//! Introduces the parts of Aftermatch to each other. Everything the program
//! does is done by them; [`serve`] is the one door through which the binary and
//! the tests start it.

mod clock;

use std::sync::Arc;

use aftermatch_http::Operations;
use aftermatch_jwt::Jwt;
use aftermatch_memory::Memory;
use aftermatch_ports::{Health, Messages, People, Rooms, Watch};
use aftermatch_postgres::Postgres;
use aftermatch_usecases::{Needs, UseCases};
use aftermatch_websocket::Hub;
use prometheus_client::{metrics::info::Info, registry::Registry};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

pub use aftermatch_http::Offered;
pub use aftermatch_websocket::{Limits, Origin};
pub use clock::SystemClock;

const VERSION: &str = env!("CARGO_PKG_VERSION");

/// What a service is started with.
pub struct Config {
    /// Where everything is kept.
    pub store: Store,
    /// The secret the platform signs access tokens with.
    pub jwt_secret: Vec<u8>,
    /// The longest text of a message, in Unicode scalar values.
    pub max_text_chars: usize,
    /// The origins that may connect.
    pub origins: Vec<Origin>,
    /// What a connection may cost.
    pub limits: Limits,
    /// Where to show how the service does; where it serves itself, if nowhere else.
    pub operations: Option<TcpListener>,
    /// Whom the page offers to be; without it there is no page.
    pub page: Option<Offered>,
}

/// Where everything is kept.
pub enum Store {
    /// In memory, as long as the service runs.
    Memory(Arc<Memory>),
    /// In a Postgres database, which is closed when the service has ended.
    Postgres(Arc<Postgres>),
}

/// Serves the chat on `listener` until `shutdown` is cancelled and every
/// connection has been closed.
///
/// # Errors
/// Those of the listener.
pub async fn serve(
    config: Config,
    listener: TcpListener,
    shutdown: CancellationToken,
) -> anyhow::Result<()> {
    tracing::info!(address = %listener.local_addr()?, "listening");
    let hub = Arc::new(Hub::new());
    let mut registry = Registry::with_prefix("aftermatch");
    registry.register("build", "What runs here", Info::new([("version", VERSION)]));
    aftermatch_websocket::register_metrics(&mut registry, &hub);
    let (chat, health, database): (_, Arc<dyn Health>, _) = match config.store {
        Store::Memory(store) => {
            let chat = use_cases(
                store.clone(),
                &hub,
                &config.jwt_secret,
                config.max_text_chars,
            );
            (chat, store, None)
        }
        Store::Postgres(store) => {
            store.register_metrics(&mut registry);
            let chat = use_cases(
                store.clone(),
                &hub,
                &config.jwt_secret,
                config.max_text_chars,
            );
            (chat, store.clone(), Some(store))
        }
    };
    let operations = aftermatch_http::routes(Operations {
        registry: Some(registry),
        health,
        stopping: shutdown.clone(),
    });
    let (beside, elsewhere) = match config.operations {
        None => (operations, None),
        Some(listener) => (aftermatch_http::Route::new(), Some((listener, operations))),
    };
    let beside = aftermatch_http::docs(beside, aftermatch_protocol::asyncapi());
    let beside = match config.page {
        Some(people) => {
            let origins = config.origins.clone();
            let admits = move |host: &str| origins.iter().any(|origin| origin.admits_host(host));
            aftermatch_http::page(beside, people, admits)
        }
        None => beside,
    };
    let adapter = aftermatch_websocket::Config {
        origins: config.origins,
        limits: config.limits,
        beside,
    };
    let stopped = CancellationToken::new();
    let serving = async {
        let _stopped = stopped.clone().drop_guard();
        tokio::select! {
            served = aftermatch_websocket::serve(listener, chat.clone(), hub, adapter, shutdown) => served,
            never = chat.watch() => match never {},
        }
    };
    let showing = async {
        match elsewhere {
            // As long as there is something to show.
            Some((listener, routes)) => {
                aftermatch_http::serve(listener, routes, stopped.clone()).await
            }
            None => Ok(()),
        }
    };
    let served = tokio::try_join!(serving, showing);
    if let Some(database) = database {
        database.close().await;
    }
    tracing::info!("stopped");
    served?;
    Ok(())
}

/// The use cases on `store`.
fn use_cases<S: People + Rooms + Messages + Watch + 'static>(
    store: Arc<S>,
    hub: &Arc<Hub>,
    jwt_secret: &[u8],
    max_text_chars: usize,
) -> Arc<UseCases> {
    Arc::new(UseCases::new(Needs {
        people: store.clone(),
        rooms: store.clone(),
        messages: store.clone(),
        watch: store,
        events: hub.clone(),
        tokens: Arc::new(Jwt::new(jwt_secret)),
        clock: Arc::new(SystemClock),
        max_text_chars,
    }))
}
