use std::{sync::Arc, time::Duration};

use aftermatch_ports::model::{LogHead, Room, RoomId, User, UserId};
use sqlx::{
    Error, PgConnection, PgPool,
    postgres::{PgConnectOptions, PgPoolOptions},
};
use tokio::{sync::Mutex, time::Instant};

use crate::{
    bridge::{Bridge, Mapping, Watched},
    directory::{cache::Cache, lanes::Lanes, revisions::recheck::LastRecheck},
    error::is_read_only,
    options::Options,
    precondition::{OfRow, Query},
    push::Lead,
    refusals::Refusals,
    relay::notifications::Notifications,
    replica::Replica,
    retry::{Retry, before},
    session::{self, Settings},
    suspicion::Suspicion,
    together::Together,
    write::Writer,
};

const DEPLOYMENT: &str = "
    SELECT system_identifier || '-' || oid FROM pg_control_system(), pg_database
    WHERE datname = current_database()";

/// The store in a Postgres database.
pub struct Postgres {
    pub(crate) pool: PgPool,
    pub(crate) replica: Option<Replica>,
    pub(crate) suspicion: Arc<Suspicion>,
    refusals: Arc<Refusals>,
    /// One check of the health at a time: they use the connection that writes.
    pub(crate) checking: Mutex<()>,
    pub(crate) writer: Writer,
    pub(crate) notifications: Notifications,
    pub(crate) last_recheck: LastRecheck,
    pub(crate) users: Cache<UserId, User>,
    pub(crate) rooms: Cache<RoomId, Room>,
    pub(crate) directory_writes: Lanes,
    pub(crate) users_now: Together<UserId, Arc<User>>,
    pub(crate) rooms_now: Together<RoomId, Arc<Room>>,
    pub(crate) heads_now: Together<RoomId, LogHead>,
    statement_timeout: Duration,
    connect: PgConnectOptions,
    pub(crate) bridge: Watched,
    /// The connection over which this process pushes, or waits to.
    pub(crate) pushes: Mutex<Option<Lead>>,
}

impl Postgres {
    /// Connects to a database that has been migrated.
    ///
    /// # Errors
    /// When the URL is invalid, the database cannot be reached or accepts no writes,
    /// or settings of a connection do not last: behind a pooler in transaction mode.
    #[tracing::instrument(name = "db.connection.open", level = "debug", skip_all)]
    pub async fn connect(options: &Options) -> Result<Self, Error> {
        let connect = options.connect_options()?;
        let limit = options.statement_timeout;
        let writes = Settings::of_writes(limit);
        // First, and directly: the pool would report a refusal as a timeout.
        let opening = session::open(&connect, &writes);
        let (mut connection, store) = before(Instant::now() + limit, opening).await?;
        let suspicion = Arc::new(Suspicion::default());
        let refusals = Arc::new(Refusals::default());
        let pool = pool(options, connect.clone(), &suspicion, &refusals).await?;
        // Now that the pool has set its own: invariant 4 of `session`.
        let verify = session::verify(&mut connection, &writes, store);
        before(Instant::now() + limit, verify).await?;
        Ok(Self {
            pool,
            replica: Replica::new(options)?,
            suspicion,
            refusals,
            checking: Mutex::default(),
            writer: Writer::new(connect.clone(), writes, limit, (connection, store)),
            notifications: Notifications::new(connect.clone(), limit),
            last_recheck: LastRecheck::default(),
            users: Cache::new(),
            rooms: Cache::new(),
            directory_writes: Lanes::default(),
            users_now: Together::default(),
            rooms_now: Together::default(),
            heads_now: Together::default(),
            statement_timeout: limit,
            connect,
            bridge: Watched::default(),
            pushes: Mutex::default(),
        })
    }

    /// A connection of its own for a bridge.
    pub(crate) async fn open_bridge(
        &self,
        mapping: &Mapping,
    ) -> Result<(PgConnection, Bridge), Error> {
        let settings = Settings::of_bridge(self.statement_timeout);
        let (mut connection, _) = session::open(&self.connect, &settings).await?;
        let bridge = Bridge::on(&mut connection, mapping).await?;
        Ok((connection, bridge))
    }

    /// A connection of its own for pushes.
    pub(crate) async fn open_push(&self) -> Result<PgConnection, Error> {
        let settings = Settings::of_pushes(self.statement_timeout);
        let (connection, _) = session::open(&self.connect, &settings).await?;
        Ok(connection)
    }

    pub(crate) fn statement_timeout(&self) -> Duration {
        self.statement_timeout
    }

    /// Leaves events between processes to another relay. Call it before anything else.
    pub fn only_listen(&self) {
        self.notifications.only_listen();
    }

    /// The next recheck comes sooner.
    pub fn hasten_recheck(&self) {
        self.notifications.hasten();
    }

    /// A word that names this database, whatever server it moves to: its cluster and its
    /// number there.
    ///
    /// # Errors
    /// When the database cannot be asked.
    pub async fn deployment(&self) -> Result<String, Error> {
        let query = sqlx::query_scalar(DEPLOYMENT).fetch_one(&self.pool);
        self.with_timeout(query).await
    }

    /// The most connections it has open at a time: the pool's, one to write, one to listen,
    /// one for a bridge and one for pushes.
    #[must_use]
    pub fn connections(&self) -> usize {
        usize::try_from(self.pool.options().get_max_connections() + 4).unwrap_or(usize::MAX)
    }

    /// Closes the connections of the pools. Call it after the last request.
    pub async fn close(&self) {
        self.pool.close().await;
        if let Some(replica) = &self.replica {
            replica.close().await;
        }
    }

    /// The rows of a query that only reads: from the replica, if there is one that is as new
    /// as the primary, else from the primary.
    pub(crate) async fn fetch_all<'q, T: OfRow>(
        &self,
        query: impl Fn() -> Query<'q, T>,
    ) -> Result<Vec<T>, Error> {
        if let Some(replica) = &self.replica
            && let Some(rows) = replica.fetch_all(&self.pool, &query).await
        {
            return Ok(rows);
        }
        self.with_timeout(query().fetch_all(&self.pool)).await
    }

    /// Limits the time of a query on this side too: the server cannot cut off
    /// what it never received.
    pub(crate) async fn with_timeout<T>(
        &self,
        query: impl Future<Output = Result<T, Error>>,
    ) -> Result<T, Error> {
        // Twice the limit: once to get a connection, once for the statement.
        self.within(2 * self.statement_timeout, query).await
    }

    /// The same for what may take this long.
    pub(crate) async fn within<T>(
        &self,
        limit: Duration,
        query: impl Future<Output = Result<T, Error>>,
    ) -> Result<T, Error> {
        let began = Instant::now();
        let result = before(began + limit, query).await;
        let result = result.map_err(|error| self.refusals.explain(error, began));
        if result.as_ref().is_err_and(is_read_only) {
            self.suspicion.raise();
        }
        result
    }

    /// When a query that begins now is given up.
    pub(crate) fn deadline(&self) -> Instant {
        // Twice the limit: once to get a connection, once for the statement.
        Instant::now() + 2 * self.statement_timeout
    }

    /// Retries for locked rows, for as long as one statement may take.
    pub(crate) fn retry(&self) -> Retry {
        Retry::until(Instant::now() + self.statement_timeout)
    }
}

/// The pool, with one connection open.
async fn pool(
    options: &Options,
    connect: PgConnectOptions,
    suspicion: &Arc<Suspicion>,
    refusals: &Arc<Refusals>,
) -> Result<PgPool, Error> {
    let settings = Settings::of_pool(options.statement_timeout);
    let (suspicion, refusals) = (suspicion.clone(), refusals.clone());
    let pool = PgPoolOptions::new()
        .max_connections(options.pool)
        .acquire_timeout(options.statement_timeout)
        .after_connect(move |connection, _| {
            let (settings, refusals) = (settings.clone(), refusals.clone());
            Box::pin(async move {
                let prepared = session::prepare(connection, &settings).await;
                prepared.map(drop).inspect_err(|error| refusals.note(error))
            })
        })
        .before_acquire(move |_, connection| {
            let is_trusted = suspicion.trusts(connection.age);
            Box::pin(async move { Ok(is_trusted) })
        });
    pool.connect_with(connect).await
}
