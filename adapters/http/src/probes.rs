//! What operators ask: `/livez`, `/readyz` and `/metrics`.

mod exposition;
mod readiness;

use std::{io, sync::Arc, time::Duration};

use aftermatch_ports::Health;
use bytes::Bytes;
use parking_lot::Mutex;
use poem::{
    EndpointExt, Request, Response, Route,
    endpoint::make,
    get,
    http::{StatusCode, header},
};
use prometheus_client::{encoding::text, registry::Registry};
use tokio::{net::TcpListener, time::Instant};
use tokio_util::sync::CancellationToken;

use self::{
    exposition::{Format, prometheus},
    readiness::Readiness,
};
use crate::{
    files::plain,
    server::{Limits, serve},
};

/// Sockets that may be open on the operators' own port. Probes and scrapes need a
/// few.
pub const OPERATORS_SOCKETS: usize = 32;

/// How long an answer in flight may take when everything else has stopped.
const GRACE: Duration = Duration::from_secs(1);

/// How long one text of the metrics is the answer to all scrapes. However many there
/// are, they cost ten texts a second.
const SCRAPE: Duration = Duration::from_millis(100);

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
    let scrapes = registry.map(|registry| {
        Arc::new(Mutex::new(Scrapes {
            registry,
            last: None,
        }))
    });
    let readiness = Arc::new(Readiness::new(health, stopping));
    Route::new()
        .at(
            "/livez",
            get(make(|_| async { plain(StatusCode::OK, "alive") })),
        )
        .at(
            "/readyz",
            get(make(move |_| {
                let readiness = readiness.clone();
                async move { readiness.answer().await }
            })),
        )
        .at(
            "/metrics",
            get(make(move |request: Request| {
                let scrapes = scrapes.clone();
                async move { metrics(scrapes.as_deref(), Format::wanted(request.headers())) }
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

/// The metrics, and their last texts.
struct Scrapes {
    registry: Registry,
    last: Option<Texts>,
}

/// The metrics at one moment, in both formats.
struct Texts {
    made: Instant,
    prometheus: Bytes,
    open_metrics: Bytes,
}

impl Scrapes {
    fn text(&mut self, format: Format) -> Bytes {
        let last = self.last.take();
        let texts = last.filter(|texts| texts.made.elapsed() < SCRAPE);
        let texts = texts.unwrap_or_else(|| {
            let mut open_metrics = String::new();
            // Writing into memory cannot fail.
            let _ = text::encode(&mut open_metrics, &self.registry);
            Texts {
                made: Instant::now(),
                prometheus: prometheus(&open_metrics).into(),
                open_metrics: open_metrics.into(),
            }
        });
        let text = match format {
            Format::Prometheus => texts.prometheus.clone(),
            Format::OpenMetrics => texts.open_metrics.clone(),
        };
        self.last = Some(texts);
        text
    }
}

fn metrics(scrapes: Option<&Mutex<Scrapes>>, format: Format) -> Response {
    match scrapes {
        // Prometheus takes this for a process that is down, and for clients it is.
        None => plain(
            StatusCode::SERVICE_UNAVAILABLE,
            "nothing is served yet, so nothing is counted: /readyz says why",
        ),
        Some(scrapes) => Response::builder()
            .content_type(format.content_type())
            .header(header::VARY, "Accept")
            .body(scrapes.lock().text(format)),
    }
}

#[cfg(test)]
mod tests {
    use aftermatch_ports::{MockHealth, StoreError};
    use poem::Endpoint;
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

    #[tokio::test(start_paused = true)]
    async fn metrics_are_encoded_once_for_many_scrapes() {
        let things = Counter::<u64>::default();
        let mut registry = Registry::default();
        registry.register("things", "Things", things.clone());
        let mut scrapes = Scrapes {
            registry,
            last: None,
        };
        let first = scrapes.text(Format::Prometheus);
        things.inc();
        for _ in 0..100 {
            let again = scrapes.text(Format::Prometheus);
            assert_eq!(again.as_ptr(), first.as_ptr(), "the same bytes");
            assert_ne!(scrapes.text(Format::OpenMetrics), first);
        }
        tokio::time::advance(SCRAPE).await;
        let later = scrapes.text(Format::OpenMetrics);
        let later = String::from_utf8(later.to_vec()).expect("a text");
        assert!(later.contains("things_total 1"), "{later}");
    }
}
