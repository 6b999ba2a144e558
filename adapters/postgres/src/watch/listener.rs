use std::{convert::Infallible, sync::Arc, time::Duration};

use aftermatch_ports::Tiding;
use sqlx::{
    Error,
    postgres::{PgConnectOptions, PgListener, PgNotification, PgPoolOptions},
};
use tokio::{
    sync::mpsc,
    time::{Instant, sleep, sleep_until, timeout},
};

use super::announced::{Announced, payloads, read};
use crate::patience::until;

/// Notified by triggers when a revision moves.
const RIGHTS: &str = "chat_rights";
/// Notified by processes of this service of the changes they keep.
const CHANGES: &str = "chat_changes";

/// How often to ask whether there are other processes, and how long to wait
/// before a connection that was lost is made anew.
const PERIOD: Duration = Duration::from_secs(1);

/// How long to gather changes between one notification and the next.
const GATHER: Duration = Duration::from_millis(5);

/// About so many changes are passed on at once.
const MANY: usize = 10_000;

/// An advisory lock that every process holds, together with the others, on the
/// connection on which it listens.
const PRESENCE: i64 = 0x6166_7465_726d;

const ENTER: &str = "SELECT pg_backend_pid() FROM pg_try_advisory_lock_shared($1)";

const OTHERS: &str = "
    SELECT EXISTS (
        SELECT FROM pg_locks
        WHERE locktype = 'advisory' AND objsubid = 1 AND pid <> pg_backend_pid()
          AND (classid::bigint << 32 | objid::bigint) = $1
          AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
    )";

const SEND: &str = "SELECT pg_notify($1, payload) FROM UNNEST($2::text[]) AS payload";

/// Passes on what it hears, and sends what is announced.
pub(super) struct Listener {
    pub(super) options: PgConnectOptions,
    pub(super) statement_timeout: Duration,
    pub(super) announced: Arc<Announced>,
    pub(super) tell: mpsc::Sender<Tiding>,
}

impl Listener {
    /// Listens for ever, from a new connection whenever one is lost. A database
    /// that is away is nobody's business here: who looks finds out.
    pub(super) async fn run(self) -> Infallible {
        loop {
            if let Ok(ear) = self.connect().await {
                let Err(_) = self.listen(ear).await;
            }
            self.announced.there_are_others(false);
            drop(self.announced.take());
            sleep(PERIOD).await;
        }
    }

    async fn connect(&self) -> Result<Ear, Error> {
        // A notification is not worth waiting for the disk, and lost in a crash
        // anyway.
        let options = self.options.clone();
        let options = options.options([("synchronous_commit", "off")]);
        let pool = PgPoolOptions::new()
            .max_connections(1)
            .acquire_timeout(self.statement_timeout)
            .max_lifetime(None)
            .idle_timeout(None)
            .connect_lazy_with(options);
        let mut connection = PgListener::connect_with(&pool).await?;
        connection.eager_reconnect(false);
        let entering = async {
            connection.listen_all([RIGHTS, CHANGES]).await?;
            let process: i32 = sqlx::query_scalar(ENTER)
                .bind(PRESENCE)
                .fetch_one(&mut connection)
                .await?;
            Ok(process.unsigned_abs())
        };
        let process = self.in_time(entering).await?;
        Ok(Ear {
            connection,
            process,
        })
    }

    async fn listen(&self, mut ear: Ear) -> Result<Infallible, Error> {
        let (mut ask, mut send) = (Instant::now(), Instant::now());
        let announced = async |send| {
            sleep_until(send).await;
            self.announced.wait().await;
        };
        loop {
            tokio::select! {
                notification = ear.connection.try_recv() => {
                    self.pass_on(&mut ear, notification?).await?;
                }
                () = announced(send) => {
                    let payloads = payloads(&self.announced.take());
                    let sent = sqlx::query(SEND).bind(CHANGES).bind(payloads);
                    self.in_time(sent.execute(&mut ear.connection)).await?;
                    send = Instant::now() + GATHER;
                }
                () = sleep_until(ask) => {
                    let others = sqlx::query_scalar(OTHERS).bind(PRESENCE);
                    let others = self.in_time(others.fetch_one(&mut ear.connection)).await?;
                    self.announced.there_are_others(others);
                    ask = Instant::now() + PERIOD;
                }
            }
        }
    }

    /// Passes on a notification, together with those that have come meanwhile.
    async fn pass_on(&self, ear: &mut Ear, first: Option<PgNotification>) -> Result<(), Error> {
        let (mut look, mut kept) = (false, Vec::new());
        let mut next = first;
        let lost = loop {
            let Some(notification) = next else {
                break Err(Error::WorkerCrashed);
            };
            match notification.channel() {
                RIGHTS => look = true,
                _ if notification.process_id() == ear.process => {}
                _ => kept.extend(read(notification.payload())),
            }
            if kept.len() >= MANY {
                break Ok(());
            }
            next = match timeout(Duration::ZERO, ear.connection.try_recv()).await {
                Ok(Ok(next)) => next,
                Ok(Err(error)) => break Err(error),
                Err(_) => break Ok(()),
            };
        };
        let kept = (!kept.is_empty()).then_some(Tiding::Kept(kept));
        let look = look.then_some(Tiding::Look);
        for tiding in [kept, look].into_iter().flatten() {
            // Whoever polls this holds the other end.
            let _ = self.tell.send(tiding).await;
        }
        lost
    }

    async fn in_time<T>(&self, query: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
        until(Instant::now() + self.statement_timeout, query).await
    }
}

/// A connection on which we listen.
struct Ear {
    connection: PgListener,
    /// The server's process behind it: what it sends is our own.
    process: u32,
}
