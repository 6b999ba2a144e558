use std::{convert::Infallible, panic::AssertUnwindSafe, sync::Arc, time::Duration};

use aftermatch_ports::RemoteEvent;
use futures_util::FutureExt;
use sqlx::{
    Error,
    postgres::{PgConnectOptions, PgListener, PgNotification, PgPoolOptions},
};
use tokio::{
    sync::mpsc,
    time::{Instant, sleep, sleep_until},
};

use super::{
    outgoing::Outgoing,
    payload::{decode, encode},
    rechecks::Rechecks,
};
use crate::retry::before;

/// Triggers notify here when a revision moves.
const RIGHTS: &str = "chat_rights";
/// Processes of this service notify here of the events they commit.
const EVENTS: &str = "chat_changes";

/// How often to look for other processes, and how long to wait before reconnecting.
const PERIOD: Duration = Duration::from_secs(1);

/// Shortest interval between two sends: events gather meanwhile.
const SEND_INTERVAL: Duration = Duration::from_millis(5);

/// The advisory lock that every process shares on its listening connection:
/// invariant 5.
const PRESENCE: i64 = 0x6166_7465_726d;

/// Returns no row unless it takes the lock: invariant 8.
const ENTER: &str = "
    SELECT pg_backend_pid() FROM pg_try_advisory_lock_shared($1) AS locked WHERE locked";

const OTHERS: &str = "
    SELECT EXISTS (
        SELECT FROM pg_locks
        WHERE locktype = 'advisory' AND objsubid = 1 AND pid <> pg_backend_pid()
          AND (classid::bigint << 32 | objid::bigint) = $1
          AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
    )";

const SEND: &str = "SELECT pg_notify($1, payload) FROM UNNEST($2::text[]) AS payload";

/// Receives notifications, and sends outgoing events, over one connection.
pub(super) struct Listener {
    pub(super) options: PgConnectOptions,
    pub(super) statement_timeout: Duration,
    pub(super) outgoing: Arc<Outgoing>,
    pub(super) incoming: mpsc::Sender<RemoteEvent>,
    pub(super) rechecks: Arc<Rechecks>,
}

struct ListenConnection {
    connection: PgListener,
    /// The server's process of this connection. It names the sender of a
    /// notification: invariant 3.
    backend: u32,
}

impl Listener {
    /// Listens, and reconnects when the connection is lost. Errors are not reported
    /// here: the next recheck meets the same database and reports them.
    pub(super) async fn run(self) -> Infallible {
        loop {
            // A panic, as in a decoder of the driver, costs this connection only: a
            // future that has panicked can never be polled again.
            let listened = AssertUnwindSafe(self.connect_and_listen()).catch_unwind();
            if listened.await.is_err() {
                tracing::error!("listening panicked: connecting again");
            }
            // Invariant 8.
            self.outgoing.set_enabled(false);
            drop(self.outgoing.take());
            sleep(PERIOD).await;
        }
    }

    /// Returns when the connection is lost, or cannot be made.
    async fn connect_and_listen(&self) {
        if let Ok(connection) = self.connect().await {
            let Err(_) = self.listen(connection).await;
        }
    }

    #[tracing::instrument(name = "db.event.listen", level = "debug", skip_all)]
    async fn connect(&self) -> Result<ListenConnection, Error> {
        // A notification does not outlive a crash, so it need not wait for the disk.
        let options = self.options.clone();
        let options = options.options([("synchronous_commit", "off")]);
        let pool = PgPoolOptions::new()
            .max_connections(1)
            .acquire_timeout(self.statement_timeout)
            .max_lifetime(None)
            .idle_timeout(None)
            .connect_lazy_with(options);
        let mut connection = PgListener::connect_with(&pool).await?;
        // A new connection must enter again: `run` reconnects.
        connection.eager_reconnect(false);
        let enter = async {
            connection.listen_all([RIGHTS, EVENTS]).await?;
            let backend: i32 = sqlx::query_scalar(ENTER)
                .bind(PRESENCE)
                .fetch_one(&mut connection)
                .await?;
            Ok(backend.unsigned_abs())
        };
        let backend = self.with_timeout(enter).await?;
        Ok(ListenConnection {
            connection,
            backend,
        })
    }

    async fn listen(&self, mut listening: ListenConnection) -> Result<Infallible, Error> {
        let (mut next_check, mut next_send) = (Instant::now(), Instant::now());
        let ready_to_send = async |next_send| {
            sleep_until(next_send).await;
            self.outgoing.wait().await;
        };
        loop {
            tokio::select! {
                notification = listening.connection.try_recv() => {
                    let notification = notification?.ok_or(Error::WorkerCrashed)?;
                    self.pass_on(&notification, listening.backend);
                }
                () = ready_to_send(next_send) => {
                    self.send(&mut listening).await?;
                    next_send = Instant::now() + SEND_INTERVAL;
                }
                () = sleep_until(next_check) => {
                    let others = self.has_others(&mut listening).await?;
                    self.outgoing.set_enabled(others);
                    next_check = Instant::now() + PERIOD;
                }
            }
        }
    }

    #[tracing::instrument(name = "db.event.notify", level = "debug", skip_all)]
    async fn send(&self, listening: &mut ListenConnection) -> Result<(), Error> {
        let payloads = encode(&self.outgoing.take());
        let query = sqlx::query(SEND).bind(EVENTS).bind(payloads);
        let sent = query.execute(&mut listening.connection);
        self.with_timeout(sent).await.map(drop)
    }

    #[tracing::instrument(name = "db.presence.find", level = "debug", skip_all)]
    async fn has_others(&self, listening: &mut ListenConnection) -> Result<bool, Error> {
        let query = sqlx::query_scalar(OTHERS).bind(PRESENCE);
        let others = query.fetch_one(&mut listening.connection);
        self.with_timeout(others).await
    }

    /// Passes a notification on, unless this process sent it: invariants 3 and 4.
    fn pass_on(&self, notification: &PgNotification, backend: u32) {
        if notification.channel() == RIGHTS {
            self.rechecks.hasten();
        } else if notification.process_id() != backend {
            for event in decode(notification.payload()) {
                // Fails when too many wait.
                let _ = self.incoming.try_send(event);
            }
        }
    }

    async fn with_timeout<T>(
        &self,
        query: impl Future<Output = Result<T, Error>>,
    ) -> Result<T, Error> {
        before(Instant::now() + self.statement_timeout, query).await
    }
}
