//! The chat over WebSocket.
//!
//! The path of one message: `edge` decides who may connect and takes the socket from
//! the HTTP server. `session` reads frames from `transport` and answers them through
//! the [`Chat`] port. `delivery` turns an event into one ready frame and puts it into
//! the outbox of everyone joined.

mod delivery;
mod edge;
mod encode;
mod failure;
mod limits;
mod metrics;
mod session;
mod state;
mod transport;
mod turn_queue;

use std::sync::Arc;

use aftermatch_ports::Chat;
use aftermatch_protocol::endpoint::{self, ENDPOINTS};
use poem::{Endpoint, EndpointExt, Response, Route};
use tokio::time::timeout;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

pub use delivery::Hub;
pub use edge::origin::{Origin, OriginError};
pub use limits::Limits;

use crate::{
    edge::{UpgradeHandler, limiter::ConnectionLimiter, no_such_path},
    failure::Failures,
    session::{RequestLimiter, WriteLimiter},
    state::ServerState,
};

/// The chat's WebSockets.
pub struct WebSockets(Arc<ServerState>);

impl WebSockets {
    /// `hub` is the one that delivers for the use cases of `chat`. After `shutdown`, new connections are closed with 1001.
    #[must_use]
    pub fn new(
        chat: Arc<dyn Chat>,
        hub: Arc<Hub>,
        origins: Vec<Origin>,
        limits: Limits,
        shutdown: CancellationToken,
    ) -> Self {
        Self(Arc::new(ServerState {
            chat,
            hub,
            origins,
            connections: ConnectionLimiter::new(limits.connections, limits.connections_per_user),
            failures: Failures::default(),
            requests: RequestLimiter::new(limits.requests_per_second, limits.connections_per_user),
            turns: Arc::default(),
            waiting: TaskTracker::new(),
            writes: WriteLimiter::new(limits.writes_per_second),
            limits,
            sessions: TaskTracker::new(),
            shutdown,
        }))
    }

    /// Adds the endpoints to `routes`. A handshake needs the extensions
    /// [`hyper::upgrade::OnUpgrade`], of a connection over a tokio `TcpStream`, and
    /// `Arc<OwnedSemaphorePermit>`, which is held as long as the socket is open.
    pub fn routes(&self, routes: Route) -> impl Endpoint<Output = Response> + use<> {
        let handlers = ENDPOINTS.into_iter().fold(routes, |routes, endpoint| {
            let path = endpoint::path(endpoint);
            let handler = Arc::new(UpgradeHandler::new(endpoint, self.0.clone()));
            routes
                .at(path, handler.clone())
                .at(format!("{path}/"), handler)
        });
        handlers.catch_all_error(no_such_path)
    }

    /// Waits for the shutdown. Then closes every connection with 1001, after the
    /// responses to its requests in flight, and returns when all have ended or their
    /// time is over.
    pub async fn drain(&self) {
        let ServerState {
            hub,
            limits,
            sessions,
            shutdown,
            ..
        } = &*self.0;
        shutdown.cancelled().await;
        hub.close_all(limits.drain).await;
        sessions.close();
        if timeout(limits.shutdown, sessions.wait()).await.is_err() {
            tracing::warn!(
                connections = sessions.len(),
                "connections cut off at shutdown"
            );
        }
    }
}
