//! A platform with a bridge, and services on it.

use aftermatch_test_support::{Aftermatch, Database, Program, aftermatch, file_with, fresh};
use sqlx::{AssertSqlSafe, PgPool, postgres::PgPoolOptions};
use tempfile::NamedTempFile;
use tokio::time::{Duration, Instant, sleep};

const PLATFORM: &str = include_str!("../../adapters/postgres/tests/bridge/platform.sql");
const MAPPING: &str = include_str!("../../adapters/postgres/tests/bridge/mapping.toml");

/// How long something may take to happen.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

pub(crate) struct Platform {
    database: Database,
    mapping: NamedTempFile,
    pub(crate) sql: PgPool,
}

impl Platform {
    /// With a bridge that the program has installed.
    pub(crate) async fn adopted() -> Self {
        let database = fresh().await;
        let pool = PgPoolOptions::new().max_connections(6);
        let sql = pool.connect(database.url()).await.expect("a connection");
        let platform = Self {
            database,
            mapping: file_with(MAPPING),
            sql,
        };
        platform.run(PLATFORM).await;
        let planned = platform.bridge("plan").expect_success().await;
        assert!(planned.contains("user1@example.com"), "{planned}");
        platform.bridge("install").expect_success().await;
        platform
    }

    pub(crate) fn url(&self) -> &str {
        self.database.url()
    }

    fn file(&self) -> String {
        self.mapping.path().display().to_string()
    }

    /// `aftermatch bridge STEP FILE`.
    pub(crate) fn bridge(&self, step: &str) -> Aftermatch {
        aftermatch(&["bridge", step, &self.file()]).env("DATABASE_URL", self.database.url())
    }

    /// A service with the bridge, which does not wait until it listens.
    pub(crate) fn start(&self) -> Program {
        Program::start(self.database.url(), &[("CHAT_BRIDGE", &self.file())])
    }

    /// A service with the bridge that listens.
    pub(crate) async fn serve(&self) -> Program {
        let program = self.start();
        program.address().await;
        program
    }

    /// A statement of the platform.
    pub(crate) async fn run(&self, sql: &str) {
        let result = sqlx::raw_sql(AssertSqlSafe(sql.to_owned()))
            .execute(&self.sql)
            .await;
        result.unwrap_or_else(|error| panic!("{sql}: {error}"));
    }

    /// Waits until a query has this value, as text.
    pub(crate) async fn becomes(&self, sql: &str, expected: &str) {
        let until = Instant::now() + PATIENCE;
        loop {
            let value = sqlx::query_scalar(AssertSqlSafe(format!("SELECT ({sql})::text")));
            let value: Option<String> = value.fetch_one(&self.sql).await.expect("a value");
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
