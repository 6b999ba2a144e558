//! Accepts connections and serves HTTP/1.1 on them. The chat and the operators'
//! port run the same code, each with limits of its own.
//!
//! poem only routes: its server speaks HTTP/2 to anybody, has no time limit and no
//! size limit for a request head, and does not give an upgraded socket back.

mod connection;
mod limits;
mod pending;

use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use hyper::server::conn::http1;
use poem::{EndpointExt, IntoEndpoint, web::LocalAddr};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore},
    task::yield_now,
    time::{sleep, timeout},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use self::{
    connection::{Connection, Shared},
    pending::PendingConnections,
};
pub use self::{limits::Limits, pending::MAX_PENDING};

/// The largest request head. Tokens and cookies fit many times; a stranger cannot
/// make the service hold more.
const HEAD_BYTES: usize = 16 * 1024;

/// How long to wait before accepting again when the system has no descriptor
/// left. Trying again at once would keep a core busy.
const OUT_OF_DESCRIPTORS: Duration = Duration::from_millis(100);

/// How long a new connection may wait until an evicted one has ended. Evicted
/// connections end as soon as their task runs.
const EVICTION: Duration = Duration::from_millis(100);

/// Serves `routes` on `listener` until `shutdown`, and returns when the last
/// request has been answered.
///
/// A request to upgrade carries two extensions for its endpoint:
/// [`hyper::upgrade::OnUpgrade`], and an `Arc<OwnedSemaphorePermit>` that has to
/// be held as long as the socket is open. With the permit, the socket still
/// counts against [`Limits::sockets`].
///
/// # Errors
/// Those of the listener.
pub async fn serve<E>(
    listener: TcpListener,
    routes: E,
    limits: Limits,
    shutdown: CancellationToken,
) -> io::Result<()>
where
    E: IntoEndpoint,
    E::Endpoint: 'static,
{
    let shared = Arc::new(Shared {
        routes: routes.map_to_response().boxed(),
        http: http(),
        local: LocalAddr(listener.local_addr()?.into()),
        pending: PendingConnections::new(limits.sockets),
        limits,
        shutdown,
    });
    let connections = TaskTracker::new();
    let server = Server {
        shared,
        sockets: Arc::new(Semaphore::new(limits.sockets.min(Semaphore::MAX_PERMITS))),
        connections: connections.clone(),
    };
    // In a task, because it runs on the threads that serve. A thread that only
    // waits for this future would have to wake another one for each connection.
    let accepting = connections.spawn(server.accept_all(listener));
    accepting.await.map_err(io::Error::other)?;
    connections.close();
    connections.wait().await;
    Ok(())
}

fn http() -> http1::Builder {
    let mut http = http1::Builder::new();
    // `Limits::head` is the limit, for more than the head.
    http.max_buf_size(HEAD_BYTES).header_read_timeout(None);
    http
}

struct Server {
    shared: Arc<Shared>,
    /// One for each socket that may be open.
    sockets: Arc<Semaphore>,
    connections: TaskTracker,
}

impl Server {
    async fn accept_all(self, listener: TcpListener) {
        let mut full = false;
        loop {
            let (stream, remote) = tokio::select! {
                accepted = accept(&listener) => accepted,
                () = self.shared.shutdown.cancelled() => return,
            };
            let socket_permit = self.socket_permit().await;
            // Logged once, or every refused connection would add a line.
            if socket_permit.is_none() && !full {
                tracing::warn!("no descriptor left for another connection: closing new ones");
            }
            full = socket_permit.is_none();
            match socket_permit {
                Some(socket_permit) => self.spawn(stream, remote, socket_permit),
                None => close_at_once(stream),
            }
            // Many may wait to be accepted: open connections go first.
            yield_now().await;
        }
    }

    /// A permit for one more socket. When there is none left, a connection that waits
    /// for its head is evicted.
    async fn socket_permit(&self) -> Option<OwnedSemaphorePermit> {
        if let Ok(socket_permit) = self.sockets.clone().try_acquire_owned() {
            return Some(socket_permit);
        }
        if !self.shared.pending.evict_oldest() {
            return None;
        }
        let freed = timeout(EVICTION, self.sockets.clone().acquire_owned()).await;
        freed.ok()?.ok()
    }

    fn spawn(&self, stream: TcpStream, remote: SocketAddr, socket_permit: OwnedSemaphorePermit) {
        // A socket that has failed already reports it at its first read.
        let _ = stream.set_nodelay(true);
        let connection = Connection::new(self.shared.clone(), remote, socket_permit);
        self.connections.spawn(connection.serve(stream));
    }
}

async fn accept(listener: &TcpListener) -> (TcpStream, SocketAddr) {
    loop {
        match listener.accept().await {
            Ok(accepted) => return accepted,
            Err(error) if concerns_one_connection(&error) => {}
            Err(error) => {
                tracing::error!(%error, "cannot accept connections for now");
                sleep(OUT_OF_DESCRIPTORS).await;
            }
        }
    }
}

fn concerns_one_connection(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionAborted
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::ConnectionRefused
    )
}

/// Closes a connection on which nothing was read or written, without waiting for the
/// other side.
fn close_at_once(stream: TcpStream) {
    let _ = stream.set_zero_linger();
}

#[cfg(test)]
mod tests;
