//! The chat over WebSocket.
//!
//! One message's walk: `acceptor` takes the connection, poem reads the
//! request's head, `handshake` decides who may come in, `session` reads
//! frames and answers them through the [`Chat`] port, `hub` (the [`Events`]
//! port) turns a change into one ready frame and puts it into the `outbox` of
//! everyone joined.
//!
//! [`Events`]: aftermatch_ports::Events

mod acceptor;
mod admission;
mod encode;
mod failure;
mod frame;
mod handshake;
mod hub;
mod metrics;
mod origin;
mod outbox;
mod reader;
mod session;

use std::{io, sync::Arc, time::Duration};

use aftermatch_ports::Chat;
use aftermatch_protocol::endpoint::{self, ENDPOINTS};
use poem::{EndpointExt, Route, Server};
use tokio::{net::TcpListener, time::timeout};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

pub use hub::Hub;
pub use metrics::register as register_metrics;
pub use origin::{Origin, OriginError};

use crate::{
    acceptor::{Acceptor, Wires},
    admission::Admission,
    handshake::{Door, Shared},
};

/// What a connection may cost.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Connections in all.
    pub connections: usize,
    /// Connections of one user.
    pub connections_per_user: usize,
    /// The largest message a client may send, in bytes.
    pub frame_bytes: usize,
    /// Requests that one connection may make in a second; `None`: as many as it
    /// can.
    pub requests_per_second: Option<u32>,
    /// Frames that may wait for one slow reader.
    pub outbox_frames: usize,
    /// Bytes that may wait for one slow reader.
    pub outbox_bytes: usize,
    /// From the connection's first moment to the end of the handshake.
    pub handshake: Duration,
    /// From one ping to the next.
    pub ping: Duration,
    /// How long a client may be silent; it is pinged meanwhile.
    pub idle: Duration,
    /// Over how long the connections are closed once the service is to stop.
    pub drain: Duration,
    /// How long the connections may take to end once they are closed.
    pub shutdown: Duration,
}

/// Everything the adapter needs to serve.
pub struct Config {
    /// The origins that may connect.
    pub origins: Vec<Origin>,
    /// What a connection may cost.
    pub limits: Limits,
    /// What else is served at the same address.
    pub beside: Route,
}

/// Serves the chat on `listener` until `shutdown`: then nobody new comes in,
/// requests in flight are answered, and every connection is closed with 1001.
///
/// `hub` is the one whose [`Events`](aftermatch_ports::Events) the use cases
/// behind `chat` tell.
///
/// # Errors
/// Those of the listener.
pub async fn serve(
    listener: TcpListener,
    chat: Arc<dyn Chat>,
    hub: Arc<Hub>,
    config: Config,
    shutdown: CancellationToken,
) -> io::Result<()> {
    let Config {
        origins,
        limits,
        beside,
    } = config;
    let (drain, grace) = (limits.drain, limits.shutdown);
    let wires = Arc::new(Wires::default());
    let acceptor = Acceptor::new(listener, limits.handshake, wires.clone())?;
    let sessions = TaskTracker::new();
    let shared = Arc::new(Shared {
        chat,
        hub: hub.clone(),
        origins,
        admission: Admission::new(limits.connections, limits.connections_per_user),
        limits,
        sessions: sessions.clone(),
        shutdown: shutdown.clone(),
        wires,
    });
    let routes = ENDPOINTS
        .into_iter()
        .fold(beside, |routes, endpoint| {
            let path = endpoint::path(endpoint);
            let door = Arc::new(Door::new(endpoint, shared.clone()));
            routes.at(path, door.clone()).at(format!("{path}/"), door)
        })
        .catch_all_error(handshake::no_such_path);

    // A task, because a thread that only waits for this future would have to wake
    // another one for each connection that it accepts.
    let accepting = TaskTracker::new().spawn(
        Server::new_with_acceptor(acceptor).run_with_graceful_shutdown(
            routes,
            shutdown.clone().cancelled_owned(),
            Some(drain + grace),
        ),
    );
    let accepting = async { accepting.await.unwrap_or_else(|panic| Err(panic.into())) };
    // poem knows nothing of the connections it has upgraded: they are waited for
    // here, within the same time.
    let ending = async {
        shutdown.cancelled().await;
        hub.close_all(drain).await;
        sessions.close();
        if timeout(grace, sessions.wait()).await.is_err() {
            tracing::warn!(
                connections = sessions.len(),
                "connections cut off at shutdown"
            );
        }
        Ok(())
    };
    tokio::try_join!(accepting, ending)?;
    Ok(())
}
