//! Introduces the parts of Aftermatch to each other. Everything the program
//! does is done by them; [`serve`] is the one door through which the binary and
//! the tests start it.

mod clock;

use std::sync::Arc;

use aftermatch_jwt::Jwt;
use aftermatch_memory::Memory;
use aftermatch_ports::{Messages, People, Rooms, Watch};
use aftermatch_postgres::Postgres;
use aftermatch_usecases::{Needs, UseCases};
use aftermatch_websocket::Hub;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

pub use aftermatch_websocket::{Limits, Origin};
pub use clock::SystemClock;

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
    let (chat, database) = match config.store {
        Store::Memory(store) => (
            use_cases(store, &hub, &config.jwt_secret, config.max_text_chars),
            None,
        ),
        Store::Postgres(store) => (
            use_cases(
                store.clone(),
                &hub,
                &config.jwt_secret,
                config.max_text_chars,
            ),
            Some(store),
        ),
    };
    let adapter = aftermatch_websocket::Config {
        origins: config.origins,
        limits: config.limits,
    };
    let serving = aftermatch_websocket::serve(listener, chat.clone(), hub, adapter, shutdown);
    let served = tokio::select! {
        served = serving => served,
        () = chat.watch() => Ok(()),
    };
    if let Some(database) = database {
        database.close().await;
    }
    tracing::info!("stopped");
    Ok(served?)
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
