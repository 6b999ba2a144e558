//! One connection, from accepting it to its upgrade or its end.

use std::{convert::Infallible, net::SocketAddr, pin::pin, sync::Arc};

use hyper::{body::Incoming, service::service_fn, upgrade::OnUpgrade};
use hyper_util::rt::TokioIo;
use poem::{
    Endpoint, Request, Response,
    http::{StatusCode, uri::Scheme},
    web::RemoteAddr,
};
use tokio::{
    net::TcpStream,
    sync::OwnedSemaphorePermit,
    time::{sleep, timeout},
};

use super::{Server, pending::Pending};

pub(super) struct Connection {
    server: Arc<Server>,
    remote: SocketAddr,
    pending: Pending,
    place: Arc<OwnedSemaphorePermit>,
}

impl Connection {
    pub(super) fn new(
        server: Arc<Server>,
        remote: SocketAddr,
        place: OwnedSemaphorePermit,
    ) -> Self {
        Self {
            pending: server.pending.add(remote.ip()),
            server,
            remote,
            place: Arc::new(place),
        }
    }

    pub(super) async fn serve(self, stream: TcpStream) {
        let Server {
            http,
            limits,
            shutdown,
            ..
        } = &*self.server;
        let service = service_fn(|request| async {
            Ok::<hyper::Response<_>, Infallible>(self.answer(request).await.into())
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

    async fn answer(&self, request: hyper::Request<Incoming>) -> Response {
        self.pending.pause();
        let response = self.server.routes.get_response(self.routed(request)).await;
        if response.status() != StatusCode::SWITCHING_PROTOCOLS {
            self.pending.resume();
        }
        response
    }

    fn routed(&self, mut request: hyper::Request<Incoming>) -> Request {
        let upgrade = request.extensions_mut().remove::<OnUpgrade>();
        let mut request = Request::from((
            request,
            self.server.local.clone(),
            RemoteAddr(self.remote.into()),
            Scheme::HTTP,
        ));
        if let Some(upgrade) = upgrade {
            request.extensions_mut().insert(upgrade);
            request.extensions_mut().insert(self.place.clone());
        }
        request
    }
}
