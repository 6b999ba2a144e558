//! Reads from a replica, which is a standby that follows the primary.
//!
//! # Invariants
//! 1. **As new as the primary.** Before a read, the primary is asked how far its log goes.
//!    The replica is used once it has replayed that. So what is read has all that was
//!    committed when the read was asked for, no matter which process committed it: nobody
//!    reads less than it has received, and rights are those of the primary. (The position is
//!    that of the log in memory: a commit may be visible before it is on the disk.)
//! 2. **Of the same database.** The two are compared at each read. An address can lead to
//!    another server from one moment to the next.
//! 3. **Never needed.** A replica that is away, behind, or interrupts a read costs a short
//!    time: then the primary is read. After an error it rests.

use std::time::Duration;

use parking_lot::Mutex;
use prometheus_client::{
    encoding::EncodeLabelSet,
    metrics::{counter::Counter, family::Family},
    registry::Registry,
};
use sqlx::{
    Error, PgConnection, PgPool, Postgres, Row,
    pool::PoolConnection,
    postgres::{PgPoolOptions, PgRow},
};
use tokio::time::{Instant, sleep};

use crate::{
    options::Options,
    precondition::Query,
    retry::before,
    session::{self, Settings},
};

/// How long a read waits for a connection that is as new as the primary.
const CONNECTION_TIMEOUT: Duration = Duration::from_millis(200);

/// How far the replica may be behind when a read is asked for. The read waits for that.
const LONGEST_LAG: Duration = Duration::from_millis(20);

/// The pause between two looks at a replica that is behind.
const PAUSE: Duration = Duration::from_millis(2);

/// How long the replica is not used after an error.
const REST: Duration = Duration::from_secs(1);

/// Which database is asked, so that another one is recognized: invariant 2.
macro_rules! identity {
    () => {
        "(SELECT concat_ws(' ', system_identifier, d.oid, to_regclass('rooms')::oid)
          FROM pg_control_system(), pg_database d WHERE d.datname = current_database())"
    };
}
pub(crate) use identity;

const POSITION: &str = concat!(
    "SELECT pg_current_wal_insert_lsn()::text, current_setting('aftermatch.store'), ",
    identity!()
);

/// The store part of epochs is that of the primary.
const HAS_REPLAYED: &str = concat!(
    "SELECT pg_is_in_recovery() AND pg_last_wal_replay_lsn() >= $1::pg_lsn,
        $3 = ",
    identity!(),
    ", set_config('aftermatch.store', $2, false)"
);

/// The replica is of another database.
#[derive(Debug, thiserror::Error)]
#[error("CHAT_REPLICA_URL is no standby of DATABASE_URL: the two have different databases")]
struct OtherDatabase;

/// Where a read was done.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct From {
    from: &'static str,
}

pub(crate) struct Replica {
    pool: PgPool,
    statement_timeout: Duration,
    /// Invariant 3. `None`: nothing was wrong with it.
    rests_until: Mutex<Option<Instant>>,
    reads: Family<From, Counter>,
}

impl Replica {
    /// The replica of these options, if there is one. It connects when it is needed.
    pub(crate) fn new(options: &Options) -> Result<Option<Self>, Error> {
        let Some(connect) = options.connect_options_of_replica()? else {
            return Ok(None);
        };
        let settings = Settings::of_pool(options.statement_timeout);
        let pool = PgPoolOptions::new()
            .max_connections(options.pool)
            .acquire_timeout(CONNECTION_TIMEOUT)
            .after_connect(move |connection, _| {
                let settings = settings.clone();
                Box::pin(async move { session::prepare_replica(connection, &settings).await })
            })
            .connect_lazy_with(connect);
        Ok(Some(Self {
            pool,
            statement_timeout: options.statement_timeout,
            rests_until: Mutex::default(),
            reads: Family::default(),
        }))
    }

    pub(crate) fn register_metrics(&self, registry: &mut Registry) {
        registry.register(
            "replica_reads",
            "Reads that a replica is for, by where they were done",
            self.reads.clone(),
        );
    }

    /// The rows of a query, as the primary would return them. `None`: read the primary.
    pub(crate) async fn fetch_all<'q, T>(
        &self,
        primary: &PgPool,
        query: &impl Fn() -> Query<'q, T>,
    ) -> Option<Vec<T>>
    where
        T: for<'r> sqlx::FromRow<'r, PgRow> + Send + Unpin,
    {
        let rows = if self.rests() {
            None
        } else {
            self.try_fetch(primary, query)
                .await
                .unwrap_or_else(|error| {
                    self.rest(&error);
                    None
                })
        };
        let from = if rows.is_some() { "replica" } else { "primary" };
        self.reads.get_or_create(&From { from }).inc();
        rows
    }

    async fn try_fetch<'q, T>(
        &self,
        primary: &PgPool,
        query: &impl Fn() -> Query<'q, T>,
    ) -> Result<Option<Vec<T>>, Error>
    where
        T: for<'r> sqlx::FromRow<'r, PgRow> + Send + Unpin,
    {
        let connecting = self.connection(primary);
        let connection = before(Instant::now() + CONNECTION_TIMEOUT, connecting).await?;
        let Some(mut connection) = connection else {
            return Ok(None);
        };
        let rows = query().fetch_all(&mut *connection);
        let rows = before(Instant::now() + self.statement_timeout, rows).await?;
        self.is_there();
        Ok(Some(rows))
    }

    /// A connection that is as new as the primary: invariant 1. `None` if it stays behind.
    async fn connection(
        &self,
        primary: &PgPool,
    ) -> Result<Option<PoolConnection<Postgres>>, Error> {
        // If the primary is away, it is asked again, and that error is the one to report.
        let Ok(position) = sqlx::query(POSITION).fetch_one(primary).await else {
            return Ok(None);
        };
        let mut connection = self.pool.acquire().await?;
        let latest = Instant::now() + LONGEST_LAG;
        while !has_replayed(&mut connection, &position).await? {
            if Instant::now() >= latest {
                return Ok(None);
            }
            sleep(PAUSE).await;
        }
        Ok(Some(connection))
    }

    fn rests(&self) -> bool {
        self.rests_until
            .lock()
            .is_some_and(|until| Instant::now() < until)
    }

    fn rest(&self, error: &Error) {
        let until = Instant::now() + REST;
        if self.rests_until.lock().replace(until).is_none() {
            tracing::warn!(%error, "the replica cannot be read: reading the primary");
        }
    }

    fn is_there(&self) {
        if self.rests_until.lock().take().is_some() {
            tracing::info!("the replica is read again");
        }
    }
}

/// Whether the replica has all that the primary had at this position.
async fn has_replayed(connection: &mut PgConnection, position: &PgRow) -> Result<bool, Error> {
    let query = sqlx::query_as::<_, (Option<bool>, Option<bool>, String)>(HAS_REPLAYED)
        .bind(position.try_get::<String, _>(0)?)
        .bind(position.try_get::<String, _>(1)?)
        .bind(position.try_get::<String, _>(2)?);
    let (has_replayed, is_same, _) = query.fetch_one(connection).await?;
    if has_replayed == Some(true) && is_same != Some(true) {
        return Err(Error::config(OtherDatabase));
    }
    Ok(has_replayed == Some(true))
}
