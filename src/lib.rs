//! Wires the parts of Aftermatch together. They do all the work; the binary and the
//! tests both start the service with [`serve`].

mod clock;
mod descriptors;

use std::sync::Arc;

use aftermatch_http::Operations;
use aftermatch_jwt::Jwt;
use aftermatch_memory::{LocalRelay, Memory};
use aftermatch_ports::{Health, History, Messages, People, ReadPositions, Relay, Revisions, Rooms};
use aftermatch_postgres::Postgres;
use aftermatch_usecases::{Ports, UseCases, sync};
use aftermatch_websocket::{Hub, WebSockets};
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
    hub.register_metrics(&mut registry);
    let sockets = descriptors::for_sockets(config.limits.connections, &config.store)?;
    let (chat, health, database): (_, Arc<dyn Health>, _) = match config.store {
        Store::Memory(store) => {
            let chat = use_cases(
                store.clone(),
                Arc::new(LocalRelay::alone()),
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
    let limits = config.limits;
    let head = limits.handshake;
    let http = aftermatch_http::Limits {
        head,
        sockets,
        grace: limits.drain + limits.shutdown,
    };
    let websockets = WebSockets::new(chat.clone(), hub, config.origins, limits, shutdown.clone());
    let routes = websockets.routes(beside);
    let stopped = CancellationToken::new();
    let serving = async {
        let _stopped = stopped.clone().drop_guard();
        let serving = async {
            tokio::try_join!(
                aftermatch_http::serve(listener, routes, http, shutdown),
                async {
                    websockets.drain().await;
                    Ok(())
                },
            )
        };
        tokio::select! {
            served = serving => served.map(drop),
            never = sync::rights::run(chat.ports()) => match never {},
            never = sync::remote_events::run(chat.ports()) => match never {},
        }
    };
    let showing = async {
        match elsewhere {
            // Until the chat has stopped, so that its end can be watched.
            Some((listener, routes)) => {
                aftermatch_http::serve_operations(listener, routes, head, stopped.clone()).await
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
fn use_cases<S>(
    store: Arc<S>,
    relay: Arc<dyn Relay>,
    hub: &Arc<Hub>,
    jwt_secret: &[u8],
    max_text_chars: usize,
) -> Arc<UseCases>
where
    S: People + Rooms + Messages + History + ReadPositions + Revisions + 'static,
{
    Arc::new(UseCases::new(Ports {
        people: store.clone(),
        rooms: store.clone(),
        messages: store.clone(),
        history: store.clone(),
        read_positions: store.clone(),
        revisions: store,
        relay,
        seats: hub.clone(),
        broadcast: hub.clone(),
        presence: hub.clone(),
        tokens: Arc::new(Jwt::new(jwt_secret)),
        clock: Arc::new(SystemClock),
        max_text_chars,
    }))
}
