//! The service, built from its parts.
//!
//! [`Builder`] connects the use cases to the store and to the hub. [`App::serve`]
//! connects them to clients and operators, and runs everything until the shutdown.

mod background;
mod builder;
mod published_limits;
mod pushes;

use std::{convert::Infallible, future::pending, net::SocketAddr, sync::Arc, time::Duration};

use aftermatch_api::{Api, ApiTokens};
use aftermatch_http::{DemoPeople, Operations, Route};
use aftermatch_nats::Nats;
use aftermatch_ports::Tokens;
use aftermatch_postgres::Mapping;
use aftermatch_usecases::{UseCases, sync::push::PushPorts};
use aftermatch_websocket::{Hub, Limits, Origin, WebSockets};
use anyhow::Context;
use prometheus_client::registry::Registry;
use tokio::net::TcpListener;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

pub use self::builder::{
    Builder, DEFAULT_HANDSHAKE_TIMEOUT, DEFAULT_KEEP_DELETED, DEFAULT_MAX_TEXT_CHARS,
};
use self::pushes::Target;
use crate::{Store, descriptors};

const VERSION: &str = env!("CARGO_PKG_VERSION");

/// A service that is ready to serve.
pub struct App {
    store: Store,
    use_cases: Arc<UseCases>,
    hub: Arc<Hub>,
    registry: Registry,
    origins: Vec<Origin>,
    limits: Limits,
    handshake_timeout: Duration,
    keep_deleted: Duration,
    nats: Option<Arc<Nats>>,
    bridge: Option<Mapping>,
    pushes: Option<(Arc<PushPorts>, Target)>,
    operators: Option<TcpListener>,
    page: Option<DemoPeople>,
    api: Option<(TcpListener, ApiTokens)>,
}

impl App {
    /// Begins to build a service. It stores everything in `store`, accepts the
    /// access tokens that `tokens` verifies, and lets web pages of `origins`
    /// connect.
    #[must_use]
    pub fn builder(store: Store, tokens: Arc<dyn Tokens>, origins: Vec<Origin>) -> Builder {
        Builder::new(store, tokens, origins)
    }

    /// Serves the chat on `listener` until `shutdown` is cancelled and every
    /// connection has been closed.
    ///
    /// # Errors
    /// One of its ports cannot be served.
    pub async fn serve(
        self,
        listener: TcpListener,
        shutdown: CancellationToken,
    ) -> anyhow::Result<()> {
        tracing::info!(
            address = %listener.local_addr()?,
            operators = self.operators_address().map(tracing::field::display),
            api = self.api_address().map(tracing::field::display),
            store = self.store.name(),
            version = VERSION,
            "listening"
        );
        let store = self.store.clone();
        let use_cases = self.use_cases.clone();
        let tasks = TaskTracker::new();
        let background = background::run(&use_cases, self.keep_deleted, &tasks);
        let bridge = background::bridge(store.clone(), self.bridge.clone(), &tasks);
        let pushes = background::pushes(self.pushes.clone(), &tasks);
        let hastened = hasten_while_away(self.nats.clone(), store.clone());
        let served = tokio::select! {
            served = self.serve_ports(listener, shutdown) => served,
            never = background => match never {},
            never = hastened => match never {},
            never = bridge => match never {},
            never = pushes => match never {},
        };
        tasks.close();
        tasks.wait().await;
        store.close().await;
        tracing::info!("stopped");
        served
    }

    /// Serves the chat, and the probes on the same port or on the operators' own.
    async fn serve_ports(
        self,
        listener: TcpListener,
        shutdown: CancellationToken,
    ) -> anyhow::Result<()> {
        let http = self.http_limits()?;
        let probes = aftermatch_http::routes(Operations {
            registry: Some(self.registry),
            health: self.store.health(),
            stopping: shutdown.clone(),
        });
        let (beside_chat, operators) = match self.operators {
            Some(listener) => (Route::new(), Some((listener, probes))),
            None => (probes, None),
        };
        let events = self.pushes.and_then(|(_, target)| target.events());
        let api = self.api.map(|(listener, tokens)| {
            let api = Api::new(self.use_cases.clone(), events, tokens);
            (listener, api)
        });
        let limits = published_limits::json(
            &self.limits,
            self.use_cases.ports().max_text_chars,
            self.handshake_timeout,
        );
        let pages = pages(beside_chat, limits, self.page, &self.origins);
        let (use_cases, hub) = (self.use_cases, self.hub);
        let relay = use_cases.ports().relay.clone();
        let relay_ready = async { relay.ready().await };
        let api = serve_api(api, http, shutdown.clone());
        let websockets =
            WebSockets::new(use_cases, hub, self.origins, self.limits, shutdown.clone());
        let routes = websockets.routes(pages);

        let chat_stopped = CancellationToken::new();
        let chat = async {
            let _stopped = chat_stopped.clone().drop_guard();
            let drained = async {
                websockets.drain().await;
                Ok(())
            };
            let served = async {
                // Before the first client can join, or it would miss what others write.
                tokio::select! {
                    () = relay_ready => {}
                    () = shutdown.cancelled() => {}
                }
                aftermatch_http::serve(listener, routes, http, shutdown.clone()).await
            };
            let served = tokio::try_join!(served, drained);
            served.map(drop).context("the port of the chat failed")
        };
        let operators = async {
            let Some((listener, routes)) = operators else {
                return Ok(());
            };
            // Until the chat has stopped, so that operators can watch it stop.
            let stopped = chat_stopped.clone();
            let served = aftermatch_http::serve_operations(listener, routes, http.head, stopped);
            served.await.context("the operators' port failed")
        };
        tokio::try_join!(chat, operators, api).map(drop)
    }

    /// The port of the API, if there is one.
    fn api_address(&self) -> Option<SocketAddr> {
        self.api.as_ref()?.0.local_addr().ok()
    }

    /// The operators' own port, if they have one.
    fn operators_address(&self) -> Option<SocketAddr> {
        self.operators.as_ref()?.local_addr().ok()
    }

    fn http_limits(&self) -> anyhow::Result<aftermatch_http::Limits> {
        let of_api = self.api.as_ref().map_or(0, |_| aftermatch_api::SOCKETS);
        let of_others = self.store.descriptors() + of_api;
        Ok(aftermatch_http::Limits {
            head: self.handshake_timeout,
            sockets: descriptors::for_sockets(self.limits.connections, of_others)
                .context("cannot read the limit of open files")?,
            grace: self.limits.drain + self.limits.shutdown,
        })
    }
}

/// Serves the API of the platform until `shutdown`, with the limits of the chat.
async fn serve_api(
    api: Option<(TcpListener, Api)>,
    limits: aftermatch_http::Limits,
    shutdown: CancellationToken,
) -> anyhow::Result<()> {
    let Some((listener, api)) = api else {
        return Ok(());
    };
    let limits = aftermatch_http::Limits {
        sockets: aftermatch_api::SOCKETS,
        ..limits
    };
    let served = aftermatch_http::serve(listener, api, limits, shutdown).await;
    served.context("the port of the API failed")
}

/// While the relay is away, rechecks alone find what other processes do: they come more often.
async fn hasten_while_away(nats: Option<Arc<Nats>>, store: Store) -> Infallible {
    match (nats, store) {
        (Some(nats), Store::Postgres(store)) => nats.while_away(|| store.hasten_recheck()).await,
        _ => pending().await,
    }
}

/// Adds the pages to `routes`: the protocol with the `limits`, and the chat if `people` can
/// use it.
fn pages(routes: Route, limits: String, people: Option<DemoPeople>, origins: &[Origin]) -> Route {
    let routes = aftermatch_http::docs(
        routes,
        aftermatch_protocol::asyncapi(),
        aftermatch_protocol::api::openapi(),
        limits,
    );
    let Some(people) = people else {
        return routes;
    };
    let origins = origins.to_vec();
    let admits = move |host: &str| origins.iter().any(|origin| origin.admits_host(host));
    aftermatch_http::page(routes, people, admits)
}
