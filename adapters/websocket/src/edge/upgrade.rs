//! One endpoint: decides who may connect, and starts the session.

use std::{panic::AssertUnwindSafe, sync::Arc};

use aftermatch_ports::model::{Endpoint, Session};
use aftermatch_protocol::{close::Close, endpoint};
use futures_util::FutureExt;
use hyper::upgrade::OnUpgrade;
use poem::{
    Request, Response,
    http::{HeaderMap, Method, StatusCode, header},
};
use tokio::{sync::OwnedSemaphorePermit, time::Instant};
use tracing::Instrument;

use super::{
    extensions,
    handshake::{accept, access_token, key, selected_protocol},
    origin::RequestOrigin,
    refusal::Refusal,
};
use crate::{
    metrics::Metrics,
    session,
    state::ServerState,
    transport::{Compression, Socket},
};

pub(crate) struct UpgradeHandler {
    endpoint: Endpoint,
    state: Arc<ServerState>,
}

impl UpgradeHandler {
    pub(crate) fn new(endpoint: Endpoint, state: Arc<ServerState>) -> Self {
        Self { endpoint, state }
    }

    async fn open(&self, request: &Request) -> Result<Response, Refusal> {
        if request.method() != Method::GET {
            let sentence = "a WebSocket handshake is a GET request";
            return Err(Refusal::new(StatusCode::METHOD_NOT_ALLOWED, sentence));
        }
        let headers = request.headers();
        self.check_origin(headers)?;
        let token = access_token(headers, self.endpoint)?;
        let session = self.state.chat.connect(token, self.endpoint).await;
        let session = session.map_err(|error| self.state.failures.report(error))?;
        let key = key(headers)?;
        let protocol = selected_protocol(headers, self.endpoint)?;
        let compression = match self.state.limits.compression {
            true => extensions::compression(headers)?,
            false => None,
        };
        // There is none in HTTP/1.0.
        let upgrade = request.extensions().get::<OnUpgrade>().cloned();
        let upgrade = upgrade.ok_or_else(Refusal::upgrade_required)?;
        // Held as long as the socket is open: with it the HTTP server counts open
        // sockets.
        let socket_permit = request.extensions().get::<Arc<OwnedSemaphorePermit>>();
        self.spawn(upgrade, socket_permit.cloned(), session, compression);
        let accepted = compression.map(extensions::acceptance);
        Ok(accept(key, protocol, accepted))
    }

    fn check_origin(&self, headers: &HeaderMap) -> Result<(), Refusal> {
        let mut origins = headers.get_all(header::ORIGIN).iter();
        let forbidden = |sentence| Refusal::origin(headers, sentence);
        let (Some(origin), None) = (origins.next(), origins.next()) else {
            return Err(forbidden(
                "exactly one `Origin` header is needed, such as `http://localhost:80`",
            ));
        };
        let origin = origin.to_str().ok().and_then(RequestOrigin::parse);
        let allowed = |origin| self.state.origins.iter().any(|entry| entry.allows(&origin));
        if origin.is_some_and(allowed) {
            Ok(())
        } else {
            Err(forbidden("this `Origin` may not connect"))
        }
    }

    fn spawn(
        &self,
        upgrade: OnUpgrade,
        socket_permit: Option<Arc<OwnedSemaphorePermit>>,
        session: Session,
        compression: Option<Compression>,
    ) {
        let span = tracing::info_span!(
            "connection",
            id = session.id.0,
            user = session.user.0,
            endpoint = endpoint::name(self.endpoint),
        );
        let state = self.state.clone();
        let counted = state.clone();
        // In a box: each future around it would hold it twice.
        let run = Box::pin(async move {
            let _socket_permit = socket_permit;
            let Some(socket) = upgrade.await.ok().and_then(Socket::from_upgraded) else {
                return;
            };
            let refuse = |socket: Socket, close| {
                state.hub.metrics().refuse("too_many");
                socket.close_at_once(close);
            };
            let allowance = state.requests.connect(session.user, Instant::now());
            let Some(allowance) = allowance else {
                return refuse(socket, Close::TOO_MANY);
            };
            match state.connections.permit(session.user) {
                Ok(permit) => {
                    session::run(socket, compression, permit, session, allowance, &state).await;
                }
                Err(reason) => refuse(socket, Close::try_later(reason)),
            }
        });
        let run = async move { survive(run, counted.hub.metrics()).await };
        self.state.sessions.spawn(run.instrument(span));
    }
}

/// Runs a session to its end. If it panics, that is counted, and logged with what is
/// known of the session: its span.
async fn survive(session: impl Future<Output = ()>, metrics: &Metrics) {
    if let Err(panic) = AssertUnwindSafe(session).catch_unwind().await {
        metrics.panics.inc();
        let message = panic.downcast_ref::<String>().map(String::as_str);
        let message = message.or_else(|| panic.downcast_ref::<&str>().copied());
        tracing::error!(panic = message, "a session panicked");
    }
}

impl poem::Endpoint for UpgradeHandler {
    type Output = Response;

    async fn call(&self, request: Request) -> poem::Result<Response> {
        Ok(self.open(&request).await.unwrap_or_else(|refusal| {
            let reason = refusal.reason();
            self.state.hub.metrics().refuse(reason);
            tracing::info!(
                status = refusal.status.as_u16(),
                sentence = refusal.sentence,
                reason,
                origin = refusal.origin,
                endpoint = endpoint::name(self.endpoint),
                remote = %request.remote_addr(),
                "handshake refused"
            );
            refusal.into_response()
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn panic_of_session_is_counted() {
        let metrics = Metrics::default();
        survive(async {}, &metrics).await;
        assert_eq!(metrics.panics.get(), 0);
        survive(async { panic!("a strange clock") }, &metrics).await;
        assert_eq!(metrics.panics.get(), 1);
    }
}
