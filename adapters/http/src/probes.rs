//! What operators ask: `/livez`, `/readyz` and `/metrics`.

use std::{io, sync::Arc, time::Duration};

use aftermatch_ports::Health;
use poem::{Endpoint, EndpointExt, Response, Route, endpoint::make, get, http::StatusCode};
use prometheus_client::{encoding::text, registry::Registry};
use tokio::{net::TcpListener, sync::Mutex};
use tokio_util::sync::CancellationToken;

use crate::{
    files::plain,
    server::{Limits, serve},
};

/// Sockets that may be open on the operators' own port. Probes and scrapes need a
/// few.
pub const OPERATORS_SOCKETS: usize = 32;

/// How long an answer in flight may take when everything else has stopped.
const GRACE: Duration = Duration::from_secs(1);

const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// What the probes report.
pub struct Operations {
    /// The metrics. `None`: nothing is counted yet.
    pub registry: Option<Registry>,
    /// The store.
    pub health: Arc<dyn Health>,
    /// Cancelled when the service begins to stop.
    pub stopping: CancellationToken,
}

/// The paths of the probes, to be served with others or on a port of their own.
#[must_use]
pub fn routes(operations: Operations) -> Route {
    let Operations {
        registry,
        health,
        stopping,
    } = operations;
    let registry = registry.map(|registry| Arc::new(Mutex::new(registry)));
    Route::new()
        .at(
            "/livez",
            get(make(|_| async { plain(StatusCode::OK, "alive") })),
        )
        .at("/readyz", get(readiness(health, stopping)))
        .at(
            "/metrics",
            get(make(move |_| {
                let registry = registry.clone();
                async move { metrics(registry.as_deref()).await }
            })),
        )
}

/// Serves `routes` on the operators' own port, until `stopped`. `head` is
/// [`Limits::head`].
///
/// # Errors
/// Those of the listener.
pub async fn serve_operations(
    listener: TcpListener,
    routes: Route,
    head: Duration,
    stopped: CancellationToken,
) -> io::Result<()> {
    let routes = routes.catch_all_error(|error: poem::Error| async move {
        plain(
            error.status(),
            "there is nothing here but /livez, /readyz and /metrics, all to GET",
        )
    });
    let limits = Limits {
        head,
        sockets: OPERATORS_SOCKETS,
        grace: GRACE,
    };
    serve(listener, routes, limits, stopped).await
}

fn readiness(
    health: Arc<dyn Health>,
    stopping: CancellationToken,
) -> impl Endpoint<Output = Response> + 'static {
    make(move |_| {
        let (health, stopping) = (health.clone(), stopping.clone());
        async move {
            if stopping.is_cancelled() {
                return plain(StatusCode::SERVICE_UNAVAILABLE, "stopping");
            }
            match health.check().await {
                Ok(()) => plain(StatusCode::OK, "ready"),
                Err(failure) => {
                    let source = std::error::Error::source(&failure).map(ToString::to_string);
                    tracing::warn!(error = source, "not ready");
                    plain(
                        StatusCode::SERVICE_UNAVAILABLE,
                        "the store cannot be used now; the log says why",
                    )
                }
            }
        }
    })
}

/// The lock makes it one scrape at a time: all scrapes together take at most one of
/// the threads that serve the chat.
async fn metrics(registry: Option<&Mutex<Registry>>) -> Response {
    let Some(registry) = registry else {
        // Prometheus takes this for a process that is down, and for clients it is.
        return plain(
            StatusCode::SERVICE_UNAVAILABLE,
            "nothing is served yet, so nothing is counted: /readyz says why",
        );
    };
    let mut out = String::new();
    // Writing into memory cannot fail.
    let _ = text::encode(&mut out, &*registry.lock().await);
    Response::builder().content_type(OPEN_METRICS).body(out)
}

#[cfg(test)]
mod tests {
    use aftermatch_ports::{MockHealth, StoreError};
    use poem::Request;
    use prometheus_client::metrics::counter::Counter;

    use super::*;

    async fn ask(path: &'static str, health: MockHealth, stopping: bool) -> (StatusCode, String) {
        let mut registry = Registry::with_prefix("aftermatch");
        registry.register("things", "Things", Counter::<u64>::default());
        let token = CancellationToken::new();
        if stopping {
            token.cancel();
        }
        let routes = routes(Operations {
            registry: Some(registry),
            health: Arc::new(health),
            stopping: token,
        });
        let request = Request::builder().uri_str(path).finish();
        let response = routes.get_response(request).await;
        let status = response.status();
        let body = response.into_body().into_string().await;
        (status, body.expect("text"))
    }

    fn store(health_check: impl Fn() -> Result<(), StoreError> + Send + 'static) -> MockHealth {
        let mut health = MockHealth::new();
        health.expect_check().returning(health_check);
        health
    }

    #[tokio::test]
    async fn readyz_needs_usable_store_and_no_stop() {
        let away = || Err(StoreError::transient("away"));
        for (health, stopping, status) in [
            (store(|| Ok(())), false, 200),
            (store(away), false, 503),
            (MockHealth::new(), true, 503),
        ] {
            let (answered, _) = ask("/readyz", health, stopping).await;
            assert_eq!(answered.as_u16(), status);
        }
    }

    #[tokio::test]
    async fn livez_never_asks_the_store() {
        for stopping in [false, true] {
            let (status, _) = ask("/livez", MockHealth::new(), stopping).await;
            assert_eq!(status.as_u16(), 200);
        }
    }

    #[tokio::test]
    async fn metrics_show_registered_counters() {
        let (status, body) = ask("/metrics", MockHealth::new(), false).await;
        assert_eq!(status.as_u16(), 200);
        assert!(body.contains("aftermatch_things_total 0"), "{body}");
    }
}
