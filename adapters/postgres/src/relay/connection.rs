//! The connection that listens and sends, and its statements.

use std::{collections::HashSet, time::Duration};

use sqlx::{
    Error,
    postgres::{PgConnectOptions, PgListener, PgNotification, PgPoolOptions},
};
use tokio::time::Instant;

use super::notification::{Notification, To};
use crate::{
    retry::before,
    session::{self, Settings},
};

/// Triggers notify here when a revision moves, and the functions by which the platform writes
/// of what they wrote.
pub(super) const RIGHTS: &str = "chat_rights";
/// Processes of this service notify here of themselves, and of the events that many
/// want. What is for one process has this name followed by `_` and the server's process
/// of its listening connection. Older versions use `chat_changes`, in another form.
const EVENTS: &str = "chat_events";

/// The advisory lock that every process shares on its listening connection:
/// invariant 5.
const PRESENCE: i64 = 0x6166_7465_726d;

const SELF: &str = "SELECT pg_backend_pid(), current_setting('aftermatch.store')::bigint";

/// Returns no row unless it takes the lock: invariant 11.
const ENTER: &str = "
    SELECT locked FROM pg_try_advisory_lock_shared($1) AS locked WHERE locked";

const OTHERS: &str = "
    SELECT pid FROM pg_locks
    WHERE locktype = 'advisory' AND objsubid = 1 AND pid <> pg_backend_pid()
      AND (classid::bigint << 32 | objid::bigint) = $1
      AND database = (SELECT oid FROM pg_database WHERE datname = current_database())";

const SEND: &str = "
    SELECT pg_notify(channel, payload)
    FROM UNNEST($1::text[], $2::text[]) AS notification (channel, payload)";

pub(super) struct ListenConnection {
    connection: PgListener,
    /// The server's process of this connection. It names the sender of a
    /// notification: invariant 3.
    backend: u32,
    /// The store part of the epochs that this connection reads.
    store: u32,
    statement_timeout: Duration,
    /// Whether events go between processes this way.
    relays: bool,
}

impl ListenConnection {
    /// Listens and takes the lock. Without `relays`: listens only to the platform.
    #[tracing::instrument(name = "db.event.listen", level = "debug", skip_all)]
    pub(super) async fn open(
        options: &PgConnectOptions,
        statement_timeout: Duration,
        relays: bool,
    ) -> Result<Self, Error> {
        let settings = Settings::of_listener(statement_timeout);
        let pool = PgPoolOptions::new()
            .max_connections(1)
            .acquire_timeout(statement_timeout)
            .max_lifetime(None)
            .idle_timeout(None)
            .after_connect(move |connection, _| {
                let settings = settings.clone();
                Box::pin(async move { session::prepare(connection, &settings).await.map(drop) })
            })
            .connect_lazy_with(options.clone());
        let mut connection = PgListener::connect_with(&pool).await?;
        // A new connection must enter again: the listener reconnects.
        connection.eager_reconnect(false);
        let mut this = Self {
            connection,
            backend: 0,
            store: 0,
            statement_timeout,
            relays,
        };
        this.identify().await?;
        if !relays {
            let deadline = this.deadline();
            before(deadline, this.connection.listen(RIGHTS)).await?;
            return Ok(this);
        }
        // Invariant 6: this order.
        let own = channel(To::One(this.backend));
        before(
            this.deadline(),
            this.connection.listen_all([RIGHTS, EVENTS, own.as_str()]),
        )
        .await?;
        let enter = sqlx::query_scalar::<_, bool>(ENTER).bind(PRESENCE);
        let enter = enter.fetch_one(&mut this.connection);
        before(Instant::now() + statement_timeout, enter).await?;
        Ok(this)
    }

    async fn identify(&mut self) -> Result<(), Error> {
        let deadline = self.deadline();
        let query = sqlx::query_as::<_, (i32, i64)>(SELF).fetch_one(&mut self.connection);
        let (backend, store) = before(deadline, query).await?;
        self.backend = backend.unsigned_abs();
        self.store = u32::try_from(store).map_err(|error| Error::Decode(Box::new(error)))?;
        Ok(())
    }

    /// The server's process of this connection.
    pub(super) fn backend(&self) -> u32 {
        self.backend
    }

    /// The store part of the epochs of what is notified here.
    pub(super) fn store(&self) -> u32 {
        self.store
    }

    /// The server's processes of the listening connections of the other processes.
    #[tracing::instrument(name = "db.presence.find", level = "debug", skip_all)]
    pub(super) async fn others(&mut self) -> Result<HashSet<u32>, Error> {
        if !self.relays {
            // A connection that is lost is noticed.
            let deadline = self.deadline();
            before(
                deadline,
                sqlx::query("SELECT").execute(&mut self.connection),
            )
            .await?;
            return Ok(HashSet::new());
        }
        let deadline = self.deadline();
        let query = sqlx::query_scalar::<_, i32>(OTHERS).bind(PRESENCE);
        let others = before(deadline, query.fetch_all(&mut self.connection)).await?;
        Ok(others.into_iter().map(i32::unsigned_abs).collect())
    }

    #[tracing::instrument(name = "db.event.notify", level = "debug", skip_all)]
    pub(super) async fn send(
        &mut self,
        notifications: impl IntoIterator<Item = Notification>,
    ) -> Result<(), Error> {
        let notifications = notifications.into_iter();
        let (channels, payloads): (Vec<_>, Vec<_>) = notifications
            .map(|notification| (channel(notification.to), notification.payload))
            .unzip();
        if payloads.is_empty() {
            return Ok(());
        }
        let deadline = self.deadline();
        let query = sqlx::query(SEND).bind(channels).bind(payloads);
        before(deadline, query.execute(&mut self.connection)).await?;
        Ok(())
    }

    /// Waits for the next notification. Fails when the connection is lost.
    pub(super) async fn receive(&mut self) -> Result<PgNotification, Error> {
        let notification = self.connection.try_recv().await?;
        notification.ok_or(Error::WorkerCrashed)
    }

    fn deadline(&self) -> Instant {
        Instant::now() + self.statement_timeout
    }
}

fn channel(to: To) -> String {
    match to {
        To::All => EVENTS.to_owned(),
        To::One(backend) => format!("{EVENTS}_{backend}"),
    }
}
