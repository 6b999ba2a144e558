//! A connection to a server with faults.

mod line;
mod pump;

use std::time::Duration;

use tokio::sync::{Mutex, watch};
use url::Url;

use crate::{
    proxy::{
        line::{Line, Open},
        pump::Fault,
    },
    unique,
};

/// A TCP proxy in front of a server, with the faults of networks: connections break, at once
/// or at the worst moment, or bytes pass slowly or not at all.
pub struct Proxy {
    url: Url,
    line: Line,
    fault: watch::Sender<Fault>,
    /// `None` while the proxy is cut.
    open: Mutex<Option<Open>>,
}

impl Proxy {
    /// A proxy in front of the server of `url`, which must listen on TCP.
    pub async fn before(url: &str) -> Self {
        let line = Line::new(unique::port(), server(url));
        let mut url = Url::parse(url).expect("the address of a server is a URL");
        url.set_host(Some("127.0.0.1")).expect("the URL has a host");
        url.set_port(Some(line.port)).expect("the URL has a host");
        let fault = watch::Sender::new(Fault::None);
        let open = Mutex::new(Some(line.open(&fault).await));
        Self {
            url,
            line,
            fault,
            open,
        }
    }

    /// Address of the database, through the proxy.
    pub fn url(&self) -> &str {
        self.url.as_str()
    }

    /// Ends all connections; when this returns they are closed and new ones are refused.
    pub async fn cut(&self) {
        if let Some(open) = self.open.lock().await.take() {
            open.close().await;
        }
    }

    /// Lets no byte pass in either direction, and closes nothing: bytes wait in the proxy. New
    /// connections are accepted and receive nothing.
    pub fn freeze(&self) {
        self.fault.send_replace(Fault::Frozen);
    }

    /// Delays every packet by this time, in both directions.
    pub fn slow_down(&self, delay: Duration) {
        self.fault.send_replace(Fault::Slow(delay));
    }

    /// Ends each connection as soon as its client has sent something: the server receives it,
    /// and the client never receives the answer.
    pub fn cut_after_sending(&self) {
        self.fault.send_replace(Fault::CutAfterSending);
    }

    /// Waits until this many more connections were accepted.
    pub async fn accepts(&self, more: usize) {
        let mut accepted = self.line.accepted.subscribe();
        let enough = *accepted.borrow() + more;
        let reached = accepted.wait_for(|accepted| *accepted >= enough).await;
        reached.expect("the proxy is there");
    }

    /// Leads new connections to the server of `url`.
    pub fn redirect(&self, url: &str) {
        self.line.server.send_replace(server(url));
    }

    /// Ends the fault: after [`freeze`](Self::freeze) the waiting bytes pass, after
    /// [`cut`](Self::cut) new connections are accepted when this returns.
    pub async fn heal(&self) {
        self.fault.send_replace(Fault::None);
        let mut open = self.open.lock().await;
        if open.is_none() {
            *open = Some(self.line.open(&self.fault).await);
        }
    }
}

/// Host and port in the address of a server.
fn server(url: &str) -> (String, u16) {
    let url = Url::parse(url).expect("the address of a server is a URL");
    let host = url.host_str().filter(|host| !host.is_empty());
    let host = host.expect("the URL names a host").to_owned();
    (host, url.port().unwrap_or(5432))
}
