//! What every connection is before its first statement: settings, and the store
//! part of the epochs that it reads.
//!
//! # Invariants
//! 1. **Settings are not startup parameters.** A pooler refuses parameters that it
//!    does not know, and gives others to nobody. A statement sets them after
//!    connecting, whatever the database or the role has by default.
//! 2. **Born on a primary.** A connection to a standby, or to a database that is
//!    read-only, is refused as a transient error: a failover may be going on. A
//!    server that is a primary never changes its timeline, so what [`prepare`] read
//!    is true for the life of the connection. One that becomes read-only later, because
//!    the configuration of the server changes or a pooler does, is closed when that is
//!    noticed: by [`is_writable`], or by the error of a write.
//! 3. **The store of this very connection.** The store part of the epoch is a
//!    setting of the session. So a statement that reads a room reads with it the
//!    store that it ran on, and never that of another connection.
//! 4. **In force.** At the start it is checked that the settings of two connections
//!    last and do not mix. A pooler that gives each transaction another connection
//!    of the server is found in this way.
//! 5. **Our tables alone.** The `search_path` is the schema that has our tables, and no
//!    other. The platform's tables in the same database can have the same names: a statement
//!    never reads one of them in place of one of ours that is missing.

use std::{fmt::Write, io, time::Duration};

use sqlx::{
    AssertSqlSafe, ConnectOptions, Error, PgConnection, Row, postgres::PgConnectOptions, raw_sql,
};

const WRITABLE: &str =
    "SELECT NOT pg_is_in_recovery() AND current_setting('transaction_read_only') = 'off'";

/// Sets the `search_path`: invariant 5. Our tables are in the first of the schemas to which it
/// led that has our sequence; if none has it, they will be in the one in which tables are made.
/// `$is_local`: until the end of the transaction.
macro_rules! use_schema {
    ($is_local:literal) => {
        concat!(
            "SELECT set_config('search_path', COALESCE(quote_ident(COALESCE((
                SELECT nspname FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
                WHERE relname = 'revisions' AND relkind = 'S'
                  AND nspname = ANY (current_schemas(false))
                ORDER BY array_position(current_schemas(false), nspname) LIMIT 1
             ), current_schema())) || ', pg_temp', ''), ",
            $is_local,
            ")"
        )
    };
}
pub(crate) use use_schema;

const USE_SCHEMA: &str = use_schema!("false");

/// How long a bridge waits for a row: writes of the service hold one for a moment. What stays
/// locked is tried again later, and the rest is not held up.
const LOCK_TIMEOUT_OF_BRIDGE: Duration = Duration::from_millis(100);

/// The settings of a connection, by their names.
#[derive(Debug, Clone)]
pub(crate) struct Settings(Vec<(&'static str, String)>);

impl Settings {
    /// For the pool.
    pub(crate) fn of_pool(statement_timeout: Duration) -> Self {
        Self::of("pool", statement_timeout)
    }

    /// For the write connection. Generic plans: the best plan never depends on the
    /// values, and planning takes longer than the plan. A plan that was made for a
    /// small table must be good for a large one, so it always uses an index.
    pub(crate) fn of_writes(statement_timeout: Duration) -> Self {
        Self::of("writes", statement_timeout)
            .with("plan_cache_mode", "force_generic_plan")
            .with("enable_seqscan", "off")
    }

    /// For the listener. A notification does not outlive a crash, so it need not
    /// wait for the disk. If the machine of this process dies, the server notices that
    /// in about ten seconds, and the others no longer see a process that is there.
    /// (Unix sockets ignore these times.)
    pub(crate) fn of_listener(statement_timeout: Duration) -> Self {
        Self::of("listener", statement_timeout)
            .with("synchronous_commit", "off")
            .with("tcp_keepalives_idle", "5")
            .with("tcp_keepalives_interval", "2")
            .with("tcp_keepalives_count", "3")
            .with("tcp_user_timeout", "10000")
    }

    /// For imports: without a time limit.
    pub(crate) fn of_imports() -> Self {
        Self::of("import", Duration::ZERO)
    }

    /// For a bridge: nothing of it holds up the platform for longer than a statement may take.
    pub(crate) fn of_bridge(statement_timeout: Duration) -> Self {
        Self::with_limits("bridge", statement_timeout, LOCK_TIMEOUT_OF_BRIDGE)
            // A process that is paused, or a machine that is gone, holds up no other.
            .with("idle_in_transaction_session_timeout", "10000")
            .with("tcp_keepalives_idle", "5")
            .with("tcp_keepalives_interval", "2")
            .with("tcp_keepalives_count", "3")
    }

    /// For pushes. What a crash undoes is sent again. A process that is paused, or a machine
    /// that is gone, holds the lock for about ten seconds.
    pub(crate) fn of_pushes(statement_timeout: Duration) -> Self {
        Self::of("push", statement_timeout)
            .with("synchronous_commit", "off")
            .with("enable_seqscan", "off")
            .with("tcp_keepalives_idle", "5")
            .with("tcp_keepalives_interval", "2")
            .with("tcp_keepalives_count", "3")
            .with("tcp_user_timeout", "10000")
    }

    /// For migrations: without a time limit, except for locks. While a migration waits
    /// for the lock of a table, as during a dump, all other statements on the table
    /// wait behind it.
    pub(crate) fn of_migrations(lock_timeout: Duration) -> Self {
        Self::with_limits("migration", Duration::ZERO, lock_timeout)
    }

    fn of(connection: &str, statement_timeout: Duration) -> Self {
        Self::with_limits(connection, statement_timeout, Duration::ZERO)
    }

    fn with_limits(connection: &str, statement: Duration, lock: Duration) -> Self {
        Self(Vec::new())
            // Nothing reads it: it makes the connections of one process different.
            .with("aftermatch.connection", connection)
            .with("statement_timeout", &statement.as_millis().to_string())
            .with("lock_timeout", &lock.as_millis().to_string())
            // What `precondition` relies on.
            .with("default_transaction_isolation", "read committed")
            // To compile one of our statements takes longer than to run it. The server would,
            // where it thinks that there are many rows: after an import, say.
            .with("jit", "off")
    }

    /// What sets them, after something else that is selected.
    fn set(&self) -> String {
        let mut set = String::new();
        for (name, value) in &self.0 {
            // Writing to a string does not fail. The values are ours.
            let _ = write!(set, ", set_config('{name}', '{value}', false)");
        }
        set
    }

    fn with(mut self, name: &'static str, value: &str) -> Self {
        self.0.push((name, value.to_owned()));
        self
    }
}

/// Opens a connection and prepares it. Returns the store part of its epochs, too.
pub(crate) async fn open(
    options: &PgConnectOptions,
    settings: &Settings,
) -> Result<(PgConnection, u32), Error> {
    let mut connection = options.connect().await?;
    let store = prepare(&mut connection, settings).await?;
    Ok((connection, store))
}

/// Gives a new connection its settings, and returns the store part of the epochs
/// that it reads: a hash of the cluster, its timeline, the database and the table of
/// the rooms. Refuses a standby and a read-only database (invariant 2).
pub(crate) async fn prepare(
    connection: &mut PgConnection,
    settings: &Settings,
) -> Result<u32, Error> {
    let set = settings.set();
    // A standby would refuse the first statement of a transaction that is
    // serializable by default.
    let sql = format!(
        "BEGIN ISOLATION LEVEL READ COMMITTED;
         {USE_SCHEMA};
         WITH this AS MATERIALIZED (
            SELECT CASE
                WHEN NOT pg_is_in_recovery() AND current_setting('transaction_read_only') = 'off'
                THEN ('x' || left(encode(sha256(convert_to(concat_ws(
                    ' ', system_identifier, left(pg_walfile_name(pg_current_wal_lsn()), 8),
                    (SELECT oid FROM pg_database WHERE datname = current_database()),
                    to_regclass('rooms')::oid
                ), 'UTF8')), 'hex'), 8))::bit(32)::bigint::text
            END AS store FROM pg_control_system()
         )
         SELECT store, set_config('aftermatch.store', store, false){set} FROM this;
         COMMIT"
    );
    let rows = raw_sql(AssertSqlSafe(sql)).fetch_all(connection).await?;
    let store = rows.last().map(|row| row.try_get::<Option<String>, _>(0));
    let store = store.transpose()?.flatten().ok_or_else(read_only)?;
    store
        .parse()
        .map_err(|error| Error::Decode(Box::new(error)))
}

/// Gives a new connection to a replica its settings.
pub(crate) async fn prepare_replica(
    connection: &mut PgConnection,
    settings: &Settings,
) -> Result<(), Error> {
    let sql = format!("{USE_SCHEMA}; SELECT true{}", settings.set());
    raw_sql(AssertSqlSafe(sql)).execute(connection).await?;
    Ok(())
}

/// Whether the connection accepts writes (invariant 2).
pub(crate) async fn is_writable(connection: &mut PgConnection) -> Result<bool, Error> {
    sqlx::query_scalar(WRITABLE).fetch_one(connection).await
}

/// Checks that the settings that [`prepare`] made are in force: setting them again
/// changes nothing (invariant 4).
pub(crate) async fn verify(
    connection: &mut PgConnection,
    settings: &Settings,
    store: u32,
) -> Result<(), Error> {
    let mut expected = format!("('aftermatch.store', '{store}')");
    for (name, value) in &settings.0 {
        let _ = write!(expected, ", ('{name}', '{value}')");
    }
    let sql = format!(
        "SELECT name FROM (VALUES {expected}) AS expected(name, value)
         WHERE current_setting(name, true) IS DISTINCT FROM set_config(name, value, false)"
    );
    let rows = raw_sql(AssertSqlSafe(sql)).fetch_all(connection).await?;
    match rows.first() {
        Some(row) => {
            let name = row.try_get::<String, _>(0)?;
            Err(Error::Configuration(Box::new(NotInForce(name))))
        }
        None => Ok(()),
    }
}

/// The connection accepts no writes.
pub(crate) fn read_only() -> Error {
    Error::Io(io::Error::other(
        "the database is a standby, or read-only by default: connect to the primary, with \
         default_transaction_read_only off",
    ))
}

/// A setting did not last.
#[derive(Debug, thiserror::Error)]
#[error(
    "the setting {0} does not last on a connection to the database: connect without a pooler, or \
     through one in session mode"
)]
struct NotInForce(String);

#[cfg(test)]
mod tests {
    #![allow(clippy::expect_used, clippy::panic, reason = "tests fail by panicking")]

    use super::*;

    #[tokio::test]
    async fn settings_of_every_connection_are_in_force() {
        let database = aftermatch_testdb::fresh().await;
        let options: PgConnectOptions = database.url().parse().expect("a URL");
        let limit = Duration::from_secs(10);
        for settings in [
            Settings::of_pool(limit),
            Settings::of_writes(limit),
            Settings::of_listener(limit),
            Settings::of_imports(),
            Settings::of_bridge(limit),
            Settings::of_pushes(limit),
            Settings::of_migrations(limit),
        ] {
            let (mut connection, store) = open(&options, &settings).await.expect("a connection");
            let verified = verify(&mut connection, &settings, store).await;
            verified.unwrap_or_else(|error| panic!("{settings:?}: {error}"));
        }
    }

    /// As behind a pooler that gives two connections one connection of the server.
    #[tokio::test]
    async fn settings_of_shared_connection_are_not_in_force() {
        let database = aftermatch_testdb::fresh().await;
        let options: PgConnectOptions = database.url().parse().expect("a URL");
        let limit = Duration::from_secs(10);
        let (writes, pool) = (Settings::of_writes(limit), Settings::of_pool(limit));
        let (mut connection, store) = open(&options, &writes).await.expect("a connection");
        let verified = verify(&mut connection, &writes, store).await;
        verified.expect("a connection of its own");

        let again = prepare(&mut connection, &pool).await.expect("a connection");
        assert_eq!(again, store);
        let mixed = verify(&mut connection, &writes, store).await;
        let mixed = mixed.expect_err("the settings of another").to_string();
        assert!(mixed.contains("aftermatch.connection"), "{mixed}");

        let reset = raw_sql("DISCARD ALL").execute(&mut connection).await;
        reset.expect("a connection");
        let gone = verify(&mut connection, &writes, store).await;
        let gone = gone.expect_err("no settings").to_string();
        assert!(gone.contains("aftermatch.store"), "{gone}");
    }
}
