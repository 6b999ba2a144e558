use std::{convert::Infallible, pin::Pin, sync::Arc, time::Duration};

use aftermatch_ports::RemoteEvent;
use sqlx::postgres::PgConnectOptions;
use tokio::sync::{
    Mutex,
    mpsc::{self, Receiver},
};

use super::{listener::Listener, outgoing::Outgoing, rechecks::Rechecks};

/// The most events of other processes that wait to be received. The next recheck
/// finds the rest.
const MAX_WAITING: usize = 10_000;

/// What goes to other processes, and what comes from them and from the platform.
pub(crate) struct Notifications {
    outgoing: Arc<Outgoing>,
    incoming: Mutex<Receiver<RemoteEvent>>,
    rechecks: Arc<Rechecks>,
    listener: Mutex<Pin<Box<dyn Future<Output = Infallible> + Send>>>,
}

impl Notifications {
    pub(crate) fn new(options: PgConnectOptions, statement_timeout: Duration) -> Self {
        let outgoing = Arc::new(Outgoing::default());
        let rechecks = Arc::new(Rechecks::new());
        let (sender, incoming) = mpsc::channel(MAX_WAITING);
        let listener = Listener {
            options,
            statement_timeout,
            outgoing: outgoing.clone(),
            incoming: sender,
            rechecks: rechecks.clone(),
        };
        Self {
            outgoing,
            incoming: Mutex::new(incoming),
            rechecks,
            listener: Mutex::new(Box::pin(listener.run())),
        }
    }

    /// Waits until the next recheck is due.
    pub(super) async fn recheck(&self) {
        tokio::select! {
            // Invariant 1.
            biased;
            () = self.rechecks.next() => {}
            never = self.listen() => match never {},
        }
    }

    /// Waits for events of other processes.
    pub(super) async fn receive(&self) -> Vec<RemoteEvent> {
        let mut incoming = self.incoming.lock().await;
        let mut events = Vec::new();
        tokio::select! {
            biased;
            _ = incoming.recv_many(&mut events, MAX_WAITING) => events,
            never = self.listen() => match never {},
        }
    }

    /// Queues an event for the other processes, if there are any.
    pub(super) fn send(&self, event: impl FnOnce() -> RemoteEvent) {
        self.outgoing.push(event);
    }

    /// Runs the listener, or waits while another call runs it: invariants 6 and 7.
    async fn listen(&self) -> Infallible {
        self.listener.lock().await.as_mut().await
    }
}
