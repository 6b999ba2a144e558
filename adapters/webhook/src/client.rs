use std::{error::Error, sync::Arc, time::Duration};

use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper::{
    Method, Request, Response, StatusCode, Uri,
    body::Incoming,
    header::{CONTENT_TYPE, RETRY_AFTER, USER_AGENT},
};
use hyper_rustls::{ConfigBuilderExt, HttpsConnector, HttpsConnectorBuilder};
use hyper_util::{
    client::legacy::{self, connect::HttpConnector},
    rt::TokioExecutor,
};
use rustls::{ClientConfig, RootCertStore, crypto::ring};
use tokio::time::timeout;

use crate::address::Address;

/// For a whole request.
const TIMEOUT: Duration = Duration::from_secs(10);

/// How much of a response is read, so that the connection can serve the next request.
const MAX_RESPONSE: usize = 4096;

/// How long a connection without requests stays open. Many servers close theirs after 60 s.
const IDLE: Duration = Duration::from_secs(30);

/// Longest pause that the platform can ask for.
const LONGEST_RETRY_AFTER: Duration = Duration::from_secs(10 * 60);

const AGENT: &str = concat!("aftermatch/", env!("CARGO_PKG_VERSION"));

/// Sends requests, and follows no redirects.
pub(crate) struct Client {
    client: legacy::Client<HttpsConnector<HttpConnector>, Full<Bytes>>,
    uri: Uri,
}

/// There are no root certificates.
#[derive(Debug, thiserror::Error)]
#[error(
    "there are no root certificates on this machine, which https needs: install ca-certificates"
)]
pub struct NoRoots(#[source] Box<dyn Error + Send + Sync>);

/// Why a request was not accepted.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    #[error("it answers {status}")]
    Status {
        status: StatusCode,
        retry_after: Option<Duration>,
    },
    #[error("no answer within {} s", TIMEOUT.as_secs())]
    TimedOut,
    #[error("{0}")]
    Unreachable(String),
}

impl Failure {
    pub(crate) fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Status { retry_after, .. } => *retry_after,
            Self::TimedOut | Self::Unreachable(_) => None,
        }
    }
}

impl Client {
    pub(crate) fn new(address: &Address) -> Result<Self, NoRoots> {
        let mut http = HttpConnector::new();
        http.enforce_http(false);
        http.set_nodelay(true);
        let connector = HttpsConnectorBuilder::new()
            .with_tls_config(tls(address)?)
            .https_or_http()
            .enable_http1()
            .wrap_connector(http);
        let client = legacy::Client::builder(TokioExecutor::new())
            .pool_idle_timeout(IDLE)
            .pool_timer(hyper_util::rt::TokioTimer::new())
            .build(connector);
        Ok(Self {
            client,
            uri: address.uri().clone(),
        })
    }

    /// Posts a signed body, and returns when it was accepted.
    pub(crate) async fn post(
        &self,
        id: &str,
        second: i64,
        signature: &str,
        body: Vec<u8>,
    ) -> Result<(), Failure> {
        let request = Request::post(&self.uri)
            .header(CONTENT_TYPE, "application/json")
            .header("webhook-id", id)
            .header("webhook-timestamp", second)
            .header("webhook-signature", signature);
        let status = self.send(request, body.into()).await?;
        match status {
            (status, _) if status.is_success() => Ok(()),
            (status, retry_after) => Err(Failure::Status {
                status,
                retry_after,
            }),
        }
    }

    /// What the server answers to a request that changes nothing.
    pub(crate) async fn head(&self) -> Result<u16, Failure> {
        let request = Request::builder().method(Method::HEAD).uri(&self.uri);
        let (status, _) = self.send(request, Bytes::new()).await?;
        Ok(status.as_u16())
    }

    async fn send(
        &self,
        request: hyper::http::request::Builder,
        body: Bytes,
    ) -> Result<(StatusCode, Option<Duration>), Failure> {
        let request = request.header(USER_AGENT, AGENT).body(Full::new(body));
        let request = request.map_err(|error| Failure::Unreachable(error.to_string()))?;
        let answered = timeout(TIMEOUT, async {
            let response = self.client.request(request).await?;
            let answer = (response.status(), retry_after(&response));
            // What it says does not matter, and neither does an error now.
            drop(
                Limited::new(response.into_body(), MAX_RESPONSE)
                    .collect()
                    .await,
            );
            Ok::<_, legacy::Error>(answer)
        });
        let answered = answered.await.map_err(|_| Failure::TimedOut)?;
        answered.map_err(|error| Failure::Unreachable(reason(&error)))
    }
}

/// The root certificates of the system count, as for Postgres and NATS.
fn tls(address: &Address) -> Result<ClientConfig, NoRoots> {
    let no_roots = |error: Box<dyn Error + Send + Sync>| NoRoots(error);
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| no_roots(error.into()))?;
    let config = if address.is_plain() {
        config.with_root_certificates(RootCertStore::empty())
    } else {
        let with_roots = config.with_native_roots();
        with_roots.map_err(|error| no_roots(error.into()))?
    };
    Ok(config.with_no_client_auth())
}

/// In seconds; a date is not looked at.
fn retry_after(response: &Response<Incoming>) -> Option<Duration> {
    let seconds = response.headers().get(RETRY_AFTER)?.to_str().ok()?;
    let pause = Duration::from_secs(seconds.trim().parse().ok()?);
    Some(pause.min(LONGEST_RETRY_AFTER))
}

/// The innermost error says most.
fn reason(error: &legacy::Error) -> String {
    let mut inner: &dyn Error = error;
    while let Some(source) = inner.source() {
        inner = source;
    }
    inner.to_string()
}
