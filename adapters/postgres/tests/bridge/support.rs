//! A platform with a small world of its own, and a chat that adopts it.

use std::{sync::Arc, time::Duration};

use aftermatch_postgres::{
    BridgeError, Checked, Depth, Mapping, Options, Postgres, check_bridge, install_bridge,
};
use aftermatch_testdb::Database;
use sqlx::{AssertSqlSafe, PgPool, Transaction, postgres::PgPoolOptions};
use tokio::{
    task::JoinSet,
    time::{Instant, sleep},
};

pub(crate) const PLATFORM: &str = include_str!("platform.sql");
pub(crate) const MAPPING: &str = include_str!("mapping.toml");

/// How long something may take to happen.
const PATIENCE: Duration = Duration::from_secs(30);

pub(crate) struct World {
    pub(crate) database: Database,
    pub(crate) sql: PgPool,
    pub(crate) mapping: Mapping,
    /// The time limit of statements.
    pub(crate) limit: Duration,
}

/// Drains until it is dropped.
pub(crate) struct Draining {
    _task: JoinSet<()>,
    pub(crate) store: Arc<Postgres>,
}

impl World {
    /// A platform, without a bridge.
    pub(crate) async fn new() -> Self {
        Self::with(MAPPING).await
    }

    pub(crate) async fn with(mapping: &str) -> Self {
        let database = aftermatch_testdb::fresh().await;
        let pool = PgPoolOptions::new().max_connections(8);
        let sql = pool.connect(database.url()).await.expect("a connection");
        let world = Self {
            database,
            sql,
            mapping: Mapping::parse(mapping).expect("a good mapping"),
            limit: Duration::from_secs(5),
        };
        world.run(PLATFORM).await;
        world
    }

    /// With a bridge.
    pub(crate) async fn installed() -> Self {
        let world = Self::new().await;
        world.install().await.expect("an installation");
        world
    }

    /// With a bridge that is at work.
    pub(crate) async fn drained() -> (Self, Draining) {
        let world = Self::installed().await;
        let draining = world.drain().await;
        (world, draining)
    }

    pub(crate) fn options(&self) -> Options {
        Options {
            url: self.database.url().to_owned(),
            replica: None,
            pool: 4,
            statement_timeout: self.limit,
        }
    }

    pub(crate) async fn install(&self) -> Result<Vec<String>, BridgeError> {
        let installed = install_bridge(&self.options(), &self.mapping, |_| {}).await?;
        Ok(installed.waiting)
    }

    pub(crate) async fn drain(&self) -> Draining {
        let store = Postgres::connect(&self.options()).await;
        let store = Arc::new(store.expect("a connection"));
        let (mapping, drained) = (self.mapping.clone(), store.clone());
        let mut task = JoinSet::new();
        task.spawn(async move { match drained.drain(&mapping).await {} });
        Draining { _task: task, store }
    }

    pub(crate) async fn check(&self, depth: &Depth) -> Checked {
        let checked = check_bridge(&self.options(), &self.mapping, depth).await;
        checked.expect("a check")
    }

    /// Nothing differs, and nothing waits.
    pub(crate) async fn is_same(&self) {
        let checked = self.check(&Depth::default()).await;
        assert_eq!(checked.lines, Vec::<String>::new());
    }

    /// Nothing is noted, and nothing waits.
    pub(crate) async fn is_drained(&self) {
        let left =
            "SELECT (SELECT count(*) FROM bridge_noted) + (SELECT count(*) FROM bridge_moved)";
        self.becomes(left, "0").await;
    }

    /// Statements of the platform.
    pub(crate) async fn run(&self, sql: &str) {
        let result = sqlx::raw_sql(AssertSqlSafe(sql.to_owned()))
            .execute(&self.sql)
            .await;
        result.unwrap_or_else(|error| panic!("{sql}: {error}"));
    }

    /// A transaction in which this was done.
    pub(crate) async fn hold(&self, sql: &str) -> Transaction<'static, sqlx::Postgres> {
        let mut transaction = self.sql.begin().await.expect("a transaction");
        let held = sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(&mut *transaction);
        held.await.unwrap_or_else(|error| panic!("{sql}: {error}"));
        transaction
    }

    /// One value of text.
    pub(crate) async fn text(&self, sql: &str) -> Option<String> {
        let sql = format!("SELECT ({sql})::text");
        let value = sqlx::query_scalar(AssertSqlSafe(sql.clone())).persistent(false);
        let value = value.fetch_one(&self.sql).await;
        value.unwrap_or_else(|error| panic!("{sql}: {error}"))
    }

    /// Waits until the value is this one.
    pub(crate) async fn becomes(&self, sql: &str, expected: &str) {
        let until = Instant::now() + PATIENCE;
        loop {
            let value = self.text(sql).await;
            if value.as_deref() == Some(expected) {
                return;
            }
            assert!(
                Instant::now() < until,
                "{sql}: {value:?} and not {expected}"
            );
            sleep(Duration::from_millis(20)).await;
        }
    }
}
