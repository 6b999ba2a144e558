//! What a service is built from: what it needs, and what may vary.

use std::{sync::Arc, time::Duration};

use aftermatch_api::{ApiTokens, Events};
use aftermatch_http::DemoPeople;
use aftermatch_jwt::AttachmentSignatures;
use aftermatch_memory::LocalRelay;
use aftermatch_nats::Nats;
use aftermatch_ports::{
    Directory, EventQueue, History, Interest, Log, Messages, People, Pushes, ReadPositions, Relay,
    Revisions, Rooms, Signatures, Tokens,
};
use aftermatch_postgres::Mapping;
use aftermatch_usecases::{Ports, UseCases, sync::push::PushPorts};
use aftermatch_webhook::HttpWebhook;
use aftermatch_websocket::{Hub, Limits, Origin};
use prometheus_client::{metrics::info::Info, registry::Registry};
use tokio::net::TcpListener;

use super::{App, VERSION, pushes::Target};
use crate::{Store, SystemClock, process_metrics::ProcessMetrics};

/// The longest text of a message, in Unicode scalar values, unless
/// [`Builder::max_text_chars`] sets another.
pub const DEFAULT_MAX_TEXT_CHARS: usize = 10_000;

/// How long deleted and replaced texts are held, unless [`Builder::keep_deleted`]
/// sets another time.
pub const DEFAULT_KEEP_DELETED: Duration = Duration::from_secs(60 * 60);

/// The time limit of a handshake, unless [`Builder::handshake_timeout`] sets
/// another.
pub const DEFAULT_HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);

/// Builds an [`App`]. What is not set has its default.
pub struct Builder {
    store: Store,
    tokens: Arc<dyn Tokens>,
    signatures: Option<Arc<dyn Signatures>>,
    origins: Vec<Origin>,
    max_text_chars: usize,
    token_leeway: Duration,
    keep_deleted: Duration,
    limits: Limits,
    handshake_timeout: Duration,
    operators: Option<TcpListener>,
    page: Option<DemoPeople>,
    nats: Option<Arc<Nats>>,
    bridge: Option<Mapping>,
    api: Option<(TcpListener, ApiTokens)>,
    webhook: Option<HttpWebhook>,
    events: bool,
}

impl Builder {
    pub(super) fn new(store: Store, tokens: Arc<dyn Tokens>, origins: Vec<Origin>) -> Self {
        Self {
            store,
            tokens,
            signatures: None,
            origins,
            max_text_chars: DEFAULT_MAX_TEXT_CHARS,
            token_leeway: Duration::ZERO,
            keep_deleted: DEFAULT_KEEP_DELETED,
            limits: Limits::default(),
            handshake_timeout: DEFAULT_HANDSHAKE_TIMEOUT,
            operators: None,
            page: None,
            nats: None,
            bridge: None,
            api: None,
            webhook: None,
            events: false,
        }
    }

    /// Lets messages have attachments. With `None`, the default, they are refused.
    #[must_use]
    pub fn signatures(mut self, signatures: Option<AttachmentSignatures>) -> Self {
        self.signatures = signatures.map(|ours| Arc::new(ours) as _);
        self
    }

    /// Sets the longest text of a message, in Unicode scalar values.
    #[must_use]
    pub fn max_text_chars(mut self, max: usize) -> Self {
        self.max_text_chars = max;
        self
    }

    /// Sets how far the clock of the issuer of tokens may differ from this one, in
    /// whole seconds.
    #[must_use]
    pub fn token_leeway(mut self, leeway: Duration) -> Self {
        self.token_leeway = leeway;
        self
    }

    /// Sets how long deleted and replaced texts are held. No client ever sees them.
    #[must_use]
    pub fn keep_deleted(mut self, keep: Duration) -> Self {
        self.keep_deleted = keep;
        self
    }

    /// Sets what a connection may cost.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Sets the time from accepting a connection to the end of its handshake. Every
    /// other HTTP connection has the same time, on both ports.
    #[must_use]
    pub fn handshake_timeout(mut self, timeout: Duration) -> Self {
        self.handshake_timeout = timeout;
        self
    }

    /// Sets a port for probes and metrics. With `None`, the default, they are on
    /// the port of the chat.
    #[must_use]
    pub fn operators_port(mut self, listener: Option<TcpListener>) -> Self {
        self.operators = listener;
        self
    }

    /// Adds a page to chat in, where a visitor can be any of `people`. With `None`,
    /// the default, there is no page.
    #[must_use]
    pub fn page(mut self, people: Option<DemoPeople>) -> Self {
        self.page = people;
        self
    }

    /// Sets the relay between processes that share a database. With `None`, the default, the
    /// database is the relay. A store in memory has one process.
    #[must_use]
    pub fn nats(mut self, relay: Option<Arc<Nats>>) -> Self {
        self.nats = relay;
        self
    }

    /// Brings what moves in the tables of a platform into the store, which must be a database.
    /// With `None`, the default, the platform writes into the tables of the chat.
    #[must_use]
    pub fn bridge(mut self, mapping: Option<Mapping>) -> Self {
        self.bridge = mapping;
        self
    }

    /// Adds a port with the HTTP API of the platform, for those who have one of the tokens.
    /// With `None`, the default, there is none.
    #[must_use]
    pub fn api(mut self, api: Option<(TcpListener, ApiTokens)>) -> Self {
        self.api = api;
        self
    }

    /// Notifies the platform of messages for users who are not connected. With `None`, the
    /// default, it is not notified.
    #[must_use]
    pub fn webhook(mut self, webhook: Option<HttpWebhook>) -> Self {
        self.webhook = webhook;
        self
    }

    /// Stores these messages until the platform asks the API for them, unless it has a webhook.
    /// By default nothing is stored.
    #[must_use]
    pub fn events(mut self, events: bool) -> Self {
        self.events = events;
        self
    }

    /// Connects the use cases to the store and to the hub.
    #[must_use]
    pub fn build(self) -> App {
        let (ports, hub) = match &self.store {
            Store::Memory(store) => self.ports(store.clone(), Arc::new(LocalRelay::alone())),
            Store::Postgres(store) => match &self.nats {
                None => self.ports(store.clone(), store.clone()),
                Some(nats) => {
                    store.only_listen();
                    self.ports(store.clone(), nats.clone())
                }
            },
        };
        let mut registry = registry(
            &self.store,
            self.nats.as_deref(),
            self.bridge.is_some(),
            &hub,
        );
        let (pushes, queue): (Arc<dyn Pushes>, Arc<dyn EventQueue>) = match &self.store {
            Store::Memory(store) => (store.clone(), store.clone()),
            Store::Postgres(store) => (store.clone(), store.clone()),
        };
        let webhook = self.webhook.map(|webhook| Target::Webhook(webhook.into()));
        let events = self
            .events
            .then(|| Target::Events(Events::new(queue).into()));
        let target = webhook.or(events);
        if let Some(target) = &target {
            target.register_metrics(registry.sub_registry_with_prefix("aftermatch"));
        }
        let pushes = target.map(|target| {
            let ports = PushPorts {
                pushes,
                online: hub.clone(),
                webhook: target.port(),
            };
            (Arc::new(ports), target)
        });
        App {
            use_cases: Arc::new(UseCases::new(ports)),
            registry,
            pushes,
            hub,
            store: self.store,
            origins: self.origins,
            limits: self.limits,
            handshake_timeout: self.handshake_timeout,
            keep_deleted: self.keep_deleted,
            nats: self.nats,
            bridge: self.bridge,
            operators: self.operators,
            page: self.page,
            api: self.api,
        }
    }

    fn ports<S, R>(&self, store: Arc<S>, relay: Arc<R>) -> (Ports, Arc<Hub>)
    where
        S: Directory
            + People
            + Rooms
            + Messages
            + Log
            + History
            + ReadPositions
            + Revisions
            + 'static,
        R: Relay + Interest + 'static,
    {
        let hub = Arc::new(Hub::new(relay.clone()));
        let ports = Ports {
            directory: store.clone(),
            people: store.clone(),
            rooms: store.clone(),
            messages: store.clone(),
            log: store.clone(),
            history: store.clone(),
            read_positions: store.clone(),
            revisions: store,
            relay,
            seats: hub.clone(),
            broadcast: hub.clone(),
            inbox: hub.clone(),
            signals: hub.clone(),
            online: hub.clone(),
            presence: hub.clone(),
            tokens: self.tokens.clone(),
            signatures: self.signatures.clone(),
            clock: Arc::new(SystemClock),
            max_text_chars: self.max_text_chars,
            token_leeway: u32::try_from(self.token_leeway.as_secs()).unwrap_or(u32::MAX),
        };
        (ports, hub)
    }
}

/// The metrics of all parts.
fn registry(store: &Store, nats: Option<&Nats>, has_bridge: bool, hub: &Hub) -> Registry {
    let mut registry = Registry::default();
    registry.register_collector(Box::new(ProcessMetrics));
    let ours = registry.sub_registry_with_prefix("aftermatch");
    ours.register("build", "What runs here", Info::new([("version", VERSION)]));
    hub.register_metrics(ours);
    if let Store::Postgres(store) = store {
        store.register_metrics(ours);
        if has_bridge {
            store.register_bridge_metrics(ours);
        }
    }
    if let Some(nats) = nats {
        nats.register_metrics(ours);
    }
    registry
}
