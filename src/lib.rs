//! Introduces the parts of Aftermatch to each other. Everything the program
//! does is done by them; [`serve`] is the one door through which the binary and
//! the tests start it.

mod clock;

use std::sync::Arc;

use aftermatch_jwt::Jwt;
use aftermatch_memory::Memory;
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
    let Store::Memory(store) = config.store;
    tracing::info!(address = %listener.local_addr()?, "listening");
    let hub = Arc::new(Hub::new());
    let chat = UseCases::new(Needs {
        people: store.clone(),
        rooms: store.clone(),
        messages: store,
        events: hub.clone(),
        tokens: Arc::new(Jwt::new(&config.jwt_secret)),
        clock: Arc::new(SystemClock),
        max_text_chars: config.max_text_chars,
    });
    let adapter = aftermatch_websocket::Config {
        origins: config.origins,
        limits: config.limits,
    };
    aftermatch_websocket::serve(listener, Arc::new(chat), hub, adapter, shutdown).await?;
    tracing::info!("stopped");
    Ok(())
}
