//! One connection, from accepting it to its upgrade or its end.

use std::{convert::Infallible, net::SocketAddr, pin::pin, sync::Arc};

use hyper::{body::Incoming, server::conn::http1, service::service_fn, upgrade::OnUpgrade};
use hyper_util::rt::TokioIo;
use poem::{
    Endpoint, Request, Response,
    endpoint::BoxEndpoint,
    http::{HeaderValue, StatusCode, header, uri::Scheme},
    web::{LocalAddr, RemoteAddr},
};
use tokio::{
    net::TcpStream,
    sync::OwnedSemaphorePermit,
    task::yield_now,
    time::{Instant, sleep, timeout},
};
use tokio_util::sync::CancellationToken;

use super::{
    limits::Limits,
    pending::{Pending, PendingConnections},
};

/// What the connections of a port have in common.
pub(super) struct Shared {
    pub(super) routes: BoxEndpoint<'static, Response>,
    pub(super) http: http1::Builder,
    pub(super) local: LocalAddr,
    pub(super) pending: Arc<PendingConnections>,
    pub(super) limits: Limits,
    pub(super) shutdown: CancellationToken,
}

pub(super) struct Connection {
    shared: Arc<Shared>,
    remote: SocketAddr,
    accepted: Instant,
    pending: Pending,
    socket_permit: Arc<OwnedSemaphorePermit>,
}

impl Connection {
    pub(super) fn new(
        shared: Arc<Shared>,
        remote: SocketAddr,
        socket_permit: OwnedSemaphorePermit,
    ) -> Self {
        Self {
            pending: shared.pending.add(remote.ip()),
            shared,
            remote,
            accepted: Instant::now(),
            socket_permit: Arc::new(socket_permit),
        }
    }

    pub(super) async fn serve(self, stream: TcpStream) {
        let Shared {
            http,
            limits,
            shutdown,
            ..
        } = &*self.shared;
        let service = service_fn(|request| async {
            Ok::<hyper::Response<_>, Infallible>(self.respond(request).await.into())
        });
        let connection = http.serve_connection(TokioIo::new(stream), service);
        let mut connection = pin!(connection.with_upgrades());
        tokio::select! {
            // First, so that a head that has arrived counts before the connection
            // is evicted for its silence.
            biased;
            _ = &mut connection => return,
            () = self.pending.evicted() => {}
            () = sleep(limits.head) => {}
            () = shutdown.cancelled() => {}
        }
        if self.pending.is_pending() {
            return;
        }
        connection.as_mut().graceful_shutdown();
        let _ = timeout(limits.grace, connection).await;
    }

    async fn respond(&self, request: hyper::Request<Incoming>) -> Response {
        self.pending.pause();
        // A client may send thousands of requests at once: others take turns with it.
        yield_now().await;
        let mut response = self.shared.routes.get_response(self.routed(request)).await;
        if response.status() != StatusCode::SWITCHING_PROTOCOLS {
            // A client that went on could send a request just when the time is over.
            if self.accepted.elapsed() > self.shared.limits.head / 2 {
                let close = HeaderValue::from_static("close");
                response.headers_mut().insert(header::CONNECTION, close);
            }
            self.pending.resume();
        }
        response
    }

    fn routed(&self, mut request: hyper::Request<Incoming>) -> Request {
        let upgrade = request.extensions_mut().remove::<OnUpgrade>();
        let mut request = Request::from((
            request,
            self.shared.local.clone(),
            RemoteAddr(self.remote.into()),
            Scheme::HTTP,
        ));
        if let Some(upgrade) = upgrade {
            request.extensions_mut().insert(upgrade);
            request.extensions_mut().insert(self.socket_permit.clone());
        }
        request
    }
}
