//! The port of a proxy, and the connections through it.

use std::sync::Arc;

use tokio::{
    net::{TcpListener, TcpStream},
    sync::watch,
};
use tokio_util::{
    sync::{CancellationToken, DropGuard},
    task::TaskTracker,
};

use super::pump::{Fault, join};

/// The port of the proxy, and the server it leads to.
#[derive(Clone)]
pub(super) struct Line {
    pub(super) port: u16,
    pub(super) server: Arc<watch::Sender<(String, u16)>>,
    /// How many connections it has accepted.
    pub(super) accepted: Arc<watch::Sender<usize>>,
}

/// A port that accepts connections, and those it has accepted.
pub(super) struct Open {
    tasks: TaskTracker,
    end: DropGuard,
}

impl Open {
    /// Ends all connections, and refuses new ones.
    pub(super) async fn close(self) {
        drop(self.end);
        self.tasks.close();
        self.tasks.wait().await;
    }
}

impl Line {
    pub(super) fn new(port: u16, server: (String, u16)) -> Self {
        let server = Arc::new(watch::Sender::new(server));
        Self {
            port,
            server,
            accepted: Arc::default(),
        }
    }

    pub(super) async fn open(&self, fault: &watch::Sender<Fault>) -> Open {
        let listener = TcpListener::bind(("127.0.0.1", self.port)).await;
        let listener = listener.expect("the port of the proxy is free");
        let (tasks, end) = (TaskTracker::new(), CancellationToken::new());
        let accepting = {
            let (line, fault) = (self.clone(), fault.subscribe());
            let (tasks, end) = (tasks.clone(), end.clone());
            async move {
                while let Some(Ok((client, _))) = end.run_until_cancelled(listener.accept()).await {
                    line.accepted.send_modify(|accepted| *accepted += 1);
                    let connection = line.clone().connect(client, fault.clone());
                    tasks.spawn(end.clone().run_until_cancelled_owned(connection));
                }
            }
        };
        tasks.spawn(accepting);
        let end = end.drop_guard();
        Open { tasks, end }
    }

    async fn connect(self, client: TcpStream, fault: watch::Receiver<Fault>) {
        let server = self.server.borrow().clone();
        if let Ok(server) = TcpStream::connect(server).await {
            join(client, server, fault).await;
        }
    }
}
