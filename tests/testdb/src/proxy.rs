//! A connection to a server with faults.

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{
        TcpListener, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    sync::{Mutex, watch},
};
use tokio_util::{
    sync::{CancellationToken, DropGuard},
    task::TaskTracker,
};
use url::Url;

use crate::unique;

/// How many bytes the proxy holds in one direction, at most.
const BUFFER_BYTES: usize = 16 * 1024;

/// A TCP proxy in front of a server, with the two faults of networks: connections break, or
/// nothing passes.
pub struct Proxy {
    url: Url,
    line: Line,
    frozen: watch::Sender<bool>,
    /// `None` while the proxy is cut.
    open: Mutex<Option<Open>>,
}

/// The port of the proxy, and the server it leads to.
#[derive(Clone)]
struct Line {
    port: u16,
    server: (String, u16),
}

struct Open {
    tasks: TaskTracker,
    end: DropGuard,
}

impl Proxy {
    /// A proxy in front of the server of `url`, which must listen on TCP.
    pub async fn before(url: &str) -> Self {
        let mut url = Url::parse(url).expect("the address of a server is a URL");
        let host = url.host_str().filter(|host| !host.is_empty());
        let host = host.expect("the URL names a host").to_owned();
        let line = Line {
            port: unique::port(),
            server: (host, url.port().unwrap_or(5432)),
        };
        url.set_host(Some("127.0.0.1")).expect("the URL has a host");
        url.set_port(Some(line.port)).expect("the URL has a host");
        let frozen = watch::Sender::new(false);
        let open = Mutex::new(Some(line.open(&frozen).await));
        Self {
            url,
            line,
            frozen,
            open,
        }
    }

    /// Address of the database, through the proxy.
    pub fn url(&self) -> &str {
        self.url.as_str()
    }

    /// Ends all connections; when this returns they are closed and new ones are refused.
    pub async fn cut(&self) {
        if let Some(Open { tasks, end }) = self.open.lock().await.take() {
            drop(end);
            tasks.close();
            tasks.wait().await;
        }
    }

    /// Lets no byte pass in either direction, and closes nothing: bytes wait in the proxy. New
    /// connections are accepted and receive nothing.
    pub fn freeze(&self) {
        self.frozen.send_replace(true);
    }

    /// Ends the fault: after [`freeze`](Self::freeze) the waiting bytes pass, after
    /// [`cut`](Self::cut) new connections are accepted when this returns.
    pub async fn heal(&self) {
        self.frozen.send_replace(false);
        let mut open = self.open.lock().await;
        if open.is_none() {
            *open = Some(self.line.open(&self.frozen).await);
        }
    }
}

impl Line {
    async fn open(&self, frozen: &watch::Sender<bool>) -> Open {
        let listener = TcpListener::bind(("127.0.0.1", self.port)).await;
        let listener = listener.expect("the port of the proxy is free");
        let (tasks, end) = (TaskTracker::new(), CancellationToken::new());
        let accepting = {
            let (line, frozen) = (self.clone(), frozen.subscribe());
            let (tasks, end) = (tasks.clone(), end.clone());
            async move {
                while let Some(Ok((client, _))) = end.run_until_cancelled(listener.accept()).await {
                    let connection = connect(client, line.server.clone(), frozen.clone());
                    tasks.spawn(end.clone().run_until_cancelled_owned(connection));
                }
            }
        };
        tasks.spawn(accepting);
        let end = end.drop_guard();
        Open { tasks, end }
    }
}

async fn connect(client: TcpStream, server: (String, u16), frozen: watch::Receiver<bool>) {
    let Ok(server) = TcpStream::connect(server).await else {
        return;
    };
    for socket in [&client, &server] {
        let _ = socket.set_nodelay(true);
    }
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = server.into_split();
    tokio::join!(
        pump(from_client, to_server, frozen.clone()),
        pump(from_server, to_client, frozen),
    );
}

async fn pump(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, mut frozen: watch::Receiver<bool>) {
    let mut buffer = Vec::with_capacity(BUFFER_BYTES);
    loop {
        buffer.clear();
        let read = from.read_buf(&mut buffer).await;
        // Bytes, and ends of connections, wait here while the proxy is frozen.
        let proxy_lives = frozen.wait_for(|frozen| !frozen).await.is_ok();
        if !proxy_lives || !matches!(read, Ok(1..)) || to.write_all(&buffer).await.is_err() {
            return;
        }
    }
}
