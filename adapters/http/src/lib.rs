//! What the service shows over plain HTTP. To those who write clients, what they
//! can say ([`docs()`]); to those who try it, a page to chat in ([`page()`]); to those
//! who run it:
//!
//! | path | answers |
//! |---|---|
//! | `/livez` | 200 as long as the process runs; never asks the store |
//! | `/readyz` | 200 when new connections are welcome; 503 and why when not: the store is away or lacks migrations, or the service is stopping |
//! | `/metrics` | what was counted, for Prometheus; 503 as long as nothing is served |

mod docs;
mod files;
mod page;

use std::{io, sync::Arc, time::Duration};

use aftermatch_ports::Health;
pub use docs::docs;
pub use page::{Offered, page};
pub use poem::Route;
use poem::{
    Endpoint, EndpointExt, Response, Server, endpoint::make, get, http::StatusCode,
    listener::TcpAcceptor,
};
use prometheus_client::{encoding::text, registry::Registry};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

const TEXT: &str = "text/plain; charset=utf-8";
/// How long an answer under way may take when all else has stopped.
const LAST: Duration = Duration::from_secs(1);

const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// What there is to show.
pub struct Operations {
    /// What is counted, as soon as something is.
    pub registry: Option<Registry>,
    /// The store.
    pub health: Arc<dyn Health>,
    /// Cancelled when the service is to stop.
    pub stopping: CancellationToken,
}

/// The paths, to be served beside others or by themselves.
#[must_use]
pub fn routes(operations: Operations) -> Route {
    let Operations {
        registry,
        health,
        stopping,
    } = operations;
    let registry = registry.map(Arc::new);
    Route::new()
        .at(
            "/livez",
            get(make(|_| async { plain(StatusCode::OK, "alive") })),
        )
        .at("/readyz", get(readiness(health, stopping)))
        .at(
            "/metrics",
            get(make(move |_| {
                let metrics = metrics(registry.as_deref());
                async move { metrics }
            })),
        )
}

/// Serves `routes` on an address of their own, until `stopped`.
///
/// # Errors
/// Those of the listener.
pub async fn serve(
    listener: TcpListener,
    routes: Route,
    stopped: CancellationToken,
) -> io::Result<()> {
    let acceptor = TcpAcceptor::from_tokio(listener)?;
    let routes = routes.catch_all_error(|error: poem::Error| async move {
        plain(
            error.status(),
            "there is nothing here but /livez, /readyz and /metrics, all to GET",
        )
    });
    Server::new_with_acceptor(acceptor)
        .run_with_graceful_shutdown(routes, stopped.cancelled_owned(), Some(LAST))
        .await
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

fn metrics(registry: Option<&Registry>) -> Response {
    let Some(registry) = registry else {
        // Who scrapes takes this for a process that is down, as it is for clients.
        return plain(
            StatusCode::SERVICE_UNAVAILABLE,
            "nothing is served yet, so nothing is counted: /readyz says why",
        );
    };
    let mut out = String::new();
    // Writing into memory cannot fail.
    let _ = text::encode(&mut out, registry);
    Response::builder().content_type(OPEN_METRICS).body(out)
}

fn plain(status: StatusCode, text: &'static str) -> Response {
    let text = format!("{text}\n");
    Response::builder()
        .status(status)
        .content_type(TEXT)
        .body(text)
}

#[cfg(test)]
mod tests {
    use aftermatch_ports::{MockHealth, Unavailable};
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

    fn store(answer: impl Fn() -> Result<(), Unavailable> + Send + 'static) -> MockHealth {
        let mut health = MockHealth::new();
        health.expect_check().returning(answer);
        health
    }

    #[tokio::test]
    async fn it_is_ready_while_the_store_is_and_it_does_not_stop() {
        let away = || Err(Unavailable::passing("away"));
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
    async fn it_lives_whatever_the_store_does() {
        for stopping in [false, true] {
            let (status, _) = ask("/livez", MockHealth::new(), stopping).await;
            assert_eq!(status.as_u16(), 200);
        }
    }

    #[tokio::test]
    async fn what_was_counted_is_shown() {
        let (status, body) = ask("/metrics", MockHealth::new(), false).await;
        assert_eq!(status.as_u16(), 200);
        assert!(body.contains("aftermatch_things_total 0"), "{body}");
    }
}
