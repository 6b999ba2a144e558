//! Reads from a replica, which is a standby that follows the primary.
//!
//! # Invariants
//! 1. **As new as the primary.** Before a read, the primary is asked how far its log goes.
//!    The replica is used once it has replayed that. So what is read has all that was
//!    committed when the read was asked for, no matter which process committed it: nobody
//!    reads less than it has received, and rights are those of the primary. (The position is
//!    that of the log in memory: a commit may be visible before it is on the disk.)
//! 2. **Of the same log.** Cluster, timeline, database and table are compared at each read: an
//!    address can lead to another server from one moment to the next, and a standby that did
//!    not follow a failover has a log of its own. One that did is read again after its next
//!    restartpoint, which writes down the new timeline.
//! 3. **One server.** What is compared and what is read is one transaction, so it is one server
//!    even behind a pooler.
//! 4. **Never needed.** A replica that is away, behind, or interrupts a read costs a short
//!    time, less than one statement may take: then the primary is read. After that the replica
//!    rests. That it has too few connections, or that the primary is slow to answer, is no
//!    reason to rest.

use std::time::Duration;

use parking_lot::Mutex;
use prometheus_client::{
    encoding::EncodeLabelSet,
    metrics::{counter::Counter, family::Family},
    registry::Registry,
};
use sqlx::{
    Connection, Error, PgConnection, PgPool, Row,
    postgres::{PgPoolOptions, PgRow},
};
use tokio::time::{Instant, sleep};

use crate::{
    error::reason,
    options::Options,
    precondition::{OfRow, Query},
    retry::before,
    session::{self, Settings},
};

/// How long the primary may take to say how far its log goes.
const QUESTION_TIMEOUT: Duration = Duration::from_millis(200);

/// How long the replica may take to say how far it is.
const ANSWER_TIMEOUT: Duration = Duration::from_millis(200);

/// How far the replica may be behind when a read is asked for. The read waits for that.
const LONGEST_LAG: Duration = Duration::from_millis(20);

/// The pause between two looks at a replica that is behind.
const PAUSE: Duration = Duration::from_millis(2);

/// How long the replica is not used after an error, or if it stayed behind.
const REST: Duration = Duration::from_secs(1);

/// Which database is asked, so that another one is recognized: invariant 2.
macro_rules! identity {
    () => {
        "concat_ws(
            ' ', (SELECT system_identifier FROM pg_control_system()),
            (SELECT oid FROM pg_database WHERE datname = current_database()),
            to_regclass('rooms')::oid
         )"
    };
}
pub(crate) use identity;

const POSITION: &str = concat!(
    "SELECT position::text, left(pg_walfile_name(position), 8),
        current_setting('aftermatch.store'), ",
    identity!(),
    " FROM pg_current_wal_insert_lsn() AS position"
);

/// $1 to $4 are the columns of `POSITION`. The store part of epochs is that of the primary.
const COMPARE: &str = concat!(
    "SELECT COALESCE(pg_last_wal_replay_lsn() >= $1::pg_lsn, false),
        pg_is_in_recovery()
        AND (SELECT lpad(upper(to_hex(timeline_id)), 8, '0') FROM pg_control_checkpoint()) = $2,
        $4 = ",
    identity!(),
    ", set_config('aftermatch.store', $3, true)"
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
    state: Mutex<State>,
    reads: Family<From, Counter>,
}

/// Invariant 4.
#[derive(Default)]
struct State {
    rests_until: Option<Instant>,
    /// Whether that it cannot be read is in the log.
    is_reported: bool,
}

/// What a replica is, compared with the primary.
#[derive(Debug, PartialEq, Eq)]
enum Compared {
    AsNew,
    Behind,
    /// It is no standby, or one with a log of its own.
    OtherLog,
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
            .acquire_timeout(options.statement_timeout)
            .after_connect(move |connection, _| {
                let settings = settings.clone();
                Box::pin(async move { session::prepare_replica(connection, &settings).await })
            })
            .connect_lazy_with(connect);
        Ok(Some(Self {
            pool,
            statement_timeout: options.statement_timeout,
            state: Mutex::default(),
            reads: Family::default(),
        }))
    }

    pub(crate) async fn close(&self) {
        self.pool.close().await;
    }

    pub(crate) fn register_metrics(&self, registry: &mut Registry) {
        registry.register(
            "replica_reads",
            "Reads that a replica is for, by where they were done",
            self.reads.clone(),
        );
    }

    /// The rows of a query, as the primary would return them. `None`: read the primary.
    pub(crate) async fn fetch_all<'q, T: OfRow>(
        &self,
        primary: &PgPool,
        query: &impl Fn() -> Query<'q, T>,
    ) -> Option<Vec<T>> {
        let rows = self.rows(primary, query).await;
        let from = if rows.is_some() { "replica" } else { "primary" };
        self.reads.get_or_create(&From { from }).inc();
        rows
    }

    async fn rows<'q, T: OfRow>(
        &self,
        primary: &PgPool,
        query: &impl Fn() -> Query<'q, T>,
    ) -> Option<Vec<T>> {
        if self.rests() {
            return None;
        }
        let question = sqlx::query(POSITION).fetch_one(primary);
        let position = before(Instant::now() + QUESTION_TIMEOUT, question);
        let position = position.await.ok()?;
        let reading = self.read(&position, query);
        match before(Instant::now() + self.statement_timeout, reading).await {
            Ok(Some(rows)) => {
                self.was_read();
                Some(rows)
            }
            Ok(None) => {
                self.rest();
                None
            }
            // All of its connections are in use.
            Err(Error::PoolTimedOut) if self.pool.size() > 0 => None,
            Err(error) => {
                self.rest();
                self.report(&error);
                None
            }
        }
    }

    /// The rows, read by a transaction that is as new as the primary was at this position:
    /// invariants 1 and 3. `None` if the replica stays behind.
    async fn read<'q, T: OfRow>(
        &self,
        position: &PgRow,
        query: &impl Fn() -> Query<'q, T>,
    ) -> Result<Option<Vec<T>>, Error> {
        let mut connection = self.pool.acquire().await?;
        let begin = connection.begin_with("BEGIN ISOLATION LEVEL READ COMMITTED READ ONLY");
        let mut transaction = before(Instant::now() + ANSWER_TIMEOUT, begin).await?;
        let latest = Instant::now() + LONGEST_LAG;
        loop {
            let comparing = compare(&mut transaction, position);
            match before(Instant::now() + ANSWER_TIMEOUT, comparing).await? {
                Compared::AsNew => break,
                Compared::Behind if Instant::now() < latest => sleep(PAUSE).await,
                Compared::Behind | Compared::OtherLog => return Ok(None),
            }
        }
        let rows = query().fetch_all(&mut *transaction).await?;
        transaction.commit().await?;
        Ok(Some(rows))
    }

    fn rests(&self) -> bool {
        let until = self.state.lock().rests_until;
        until.is_some_and(|until| Instant::now() < until)
    }

    fn rest(&self) {
        self.state.lock().rests_until = Some(Instant::now() + REST);
    }

    fn report(&self, error: &Error) {
        let mut state = self.state.lock();
        if !state.is_reported {
            state.is_reported = true;
            tracing::warn!(
                error = reason(error),
                "the replica cannot be read: reading the primary"
            );
        }
    }

    fn was_read(&self) {
        let mut state = self.state.lock();
        if state.is_reported {
            state.is_reported = false;
            tracing::info!("the replica is read again");
        }
    }
}

async fn compare(connection: &mut PgConnection, position: &PgRow) -> Result<Compared, Error> {
    let mut query = sqlx::query_as::<_, (bool, bool, bool, String)>(COMPARE);
    for column in 0..4 {
        query = query.bind(position.try_get::<String, _>(column)?);
    }
    let (is_as_new, is_same_log, is_same_database, _) = query.fetch_one(connection).await?;
    if !is_same_database {
        return Err(Error::config(OtherDatabase));
    }
    Ok(match (is_same_log, is_as_new) {
        (false, _) => Compared::OtherLog,
        (true, false) => Compared::Behind,
        (true, true) => Compared::AsNew,
    })
}
