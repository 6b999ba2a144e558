use std::{convert::Infallible, pin::Pin, sync::Arc, time::Duration};

use aftermatch_ports::{Tiding, Told};
use sqlx::postgres::PgConnectOptions;
use tokio::{
    sync::{Mutex, mpsc},
    time::{Instant, sleep_until},
};

use super::{listener::Listener, outgoing::Outgoing};

/// Longest interval between rechecks.
const LONGEST: Duration = Duration::from_secs(1);
/// Shortest interval between rechecks.
const SHORTEST: Duration = Duration::from_millis(500);

/// Waits for signals, and sends the events of this process to the others.
pub(crate) struct Watcher {
    outgoing: Arc<Outgoing>,
    receiving: Mutex<Receiving>,
}

/// Invariant 6: all that a call of `next` leaves unfinished.
struct Receiving {
    /// Runs while somebody waits for the next signal, and continues where it was.
    listening: Pin<Box<dyn Future<Output = Infallible> + Send>>,
    signals: mpsc::Receiver<Tiding>,
    last_recheck: Instant,
    next_recheck: Instant,
}

impl Watcher {
    pub(crate) fn new(options: PgConnectOptions, statement_timeout: Duration) -> Self {
        let outgoing = Arc::new(Outgoing::default());
        let (sender, signals) = mpsc::channel(1);
        let listener = Listener {
            options,
            statement_timeout,
            outgoing: outgoing.clone(),
            signals: sender,
        };
        let now = Instant::now();
        Self {
            outgoing,
            receiving: Mutex::new(Receiving {
                listening: Box::pin(listener.run()),
                signals,
                last_recheck: now,
                next_recheck: now + LONGEST,
            }),
        }
    }

    pub(crate) async fn next(&self) -> Tiding {
        self.receiving.lock().await.next().await
    }

    /// Sends an event to the other processes, if there are any. Invariant 4.
    pub(crate) fn send(&self, event: impl FnOnce() -> Told) {
        self.outgoing.push(event);
    }
}

impl Receiving {
    async fn next(&mut self) -> Tiding {
        loop {
            tokio::select! {
                // Invariant 1: the timer comes first.
                biased;
                () = sleep_until(self.next_recheck) => {
                    self.last_recheck = Instant::now();
                    self.next_recheck = self.last_recheck + LONGEST;
                    return Tiding::Look;
                }
                Some(signal) = self.signals.recv() => match signal {
                    // Invariant 2.
                    Tiding::Look => {
                        self.next_recheck = self.next_recheck.min(self.last_recheck + SHORTEST);
                    }
                    Tiding::Kept(_) => return signal,
                },
                never = &mut self.listening => match never {},
            }
        }
    }
}
