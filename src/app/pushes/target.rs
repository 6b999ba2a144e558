use std::{convert::Infallible, fmt, future::pending, sync::Arc};

use aftermatch_api::Events;
use aftermatch_ports::{Backlog, Webhook};
use aftermatch_webhook::HttpWebhook;
use prometheus_client::registry::Registry;

/// Where pushes go. The log has its name.
#[derive(Clone)]
pub(in crate::app) enum Target {
    /// The platform is called.
    Webhook(Arc<HttpWebhook>),
    /// The platform asks.
    Events(Arc<Events>),
}

impl Target {
    pub(in crate::app) fn port(&self) -> Arc<dyn Webhook> {
        match self {
            Self::Webhook(webhook) => webhook.clone(),
            Self::Events(events) => events.clone(),
        }
    }

    pub(in crate::app) fn events(&self) -> Option<Arc<Events>> {
        match self {
            Self::Webhook(_) => None,
            Self::Events(events) => Some(events.clone()),
        }
    }

    pub(in crate::app) fn register_metrics(&self, registry: &mut Registry) {
        match self {
            Self::Webhook(webhook) => webhook.register_metrics(registry),
            Self::Events(events) => events.register_metrics(registry),
        }
    }

    /// Shows operators how much waits. `None`: another process pushes.
    pub(super) fn show(&self, backlog: Option<Backlog>) {
        match self {
            Self::Webhook(webhook) => webhook.show(backlog),
            Self::Events(events) => events.show(backlog),
        }
    }

    /// What is done beside pushing.
    pub(super) async fn tend(&self) -> Infallible {
        match self {
            Self::Webhook(_) => pending().await,
            Self::Events(events) => events.tend().await,
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Webhook(_) => "webhook",
            Self::Events(_) => "event queue",
        })
    }
}
