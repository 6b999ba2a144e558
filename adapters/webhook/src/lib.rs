//! Notifies the platform: the port [`Webhook`], by signed HTTP requests as
//! [Standard Webhooks](https://www.standardwebhooks.com) describes them.
//!
//! | file | what it has |
//! |---|---|
//! | `address` | where the platform is |
//! | `secret` | what signs a request |
//! | `client` | one request |
//! | `metrics` | what operators see |

mod address;
mod client;
mod metrics;
mod secret;

use std::sync::Arc;

use aftermatch_ports::{Backlog, Clock, PushFailure, Webhook, model::Push};
use aftermatch_protocol::webhook;
use async_trait::async_trait;
use prometheus_client::registry::Registry;

pub use self::{
    address::{Address, AddressError},
    client::NoRoots,
    secret::{SecretError, Secrets},
};
use self::{client::Client, metrics::Metrics};

/// The platform behind a URL.
pub struct HttpWebhook {
    client: Client,
    secrets: Secrets,
    clock: Arc<dyn Clock>,
    metrics: Metrics,
}

impl HttpWebhook {
    /// Connects when there is something to send.
    ///
    /// # Errors
    /// There are no root certificates, and the address needs some.
    pub fn new(
        address: &Address,
        secrets: Secrets,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, NoRoots> {
        Ok(Self {
            client: Client::new(address)?,
            secrets,
            clock,
            metrics: Metrics::default(),
        })
    }

    /// Shows operators how much waits. `None`: another process sends.
    pub fn show(&self, backlog: Option<Backlog>) {
        self.metrics.show(backlog.unwrap_or_default());
    }

    /// Adds the metrics to `registry`.
    pub fn register_metrics(&self, registry: &mut Registry) {
        self.metrics.register(registry);
    }
}

#[async_trait]
impl Webhook for HttpWebhook {
    async fn post(&self, push: &Push) -> Result<(), PushFailure> {
        let (id, body) = (webhook::id(push), webhook::body(push));
        let second = self.clock.now().unix_seconds();
        let signature = self.secrets.sign(&id, second, &body);
        let posted = self.client.post(&id, second, &signature, body).await;
        self.metrics.posted(&posted);
        posted.map_err(|failure| PushFailure {
            reason: failure.to_string(),
            retry_after: failure.retry_after(),
        })
    }
}

/// What answers at the address: a status, or why nothing does.
///
/// # Errors
/// Why nothing answers, in a sentence.
pub async fn inspect(address: &Address) -> Result<u16, String> {
    let client = Client::new(address).map_err(|error| error.to_string())?;
    client.head().await.map_err(|failure| failure.to_string())
}
