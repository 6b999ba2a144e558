//! A server with a disk that can be filled.

use sqlx::{AssertSqlSafe, Connection, PgConnection};

use crate::{
    choice::{self, Source},
    connection::connect,
    container::{self, Container},
    durability::Durability,
};

const FOLDER: &str = "/small";
const BYTES: i64 = 4 * 1024 * 1024;

/// A server that has a small disk besides its usual one. Only Docker has such disks.
pub struct SmallDisk {
    _container: Container,
    url: String,
}

impl SmallDisk {
    /// A new server with an empty database. `None`: there is no Docker for tests.
    pub async fn start() -> Option<Self> {
        let sources = choice::sources();
        let sources = sources.unwrap_or_else(|reason| panic!("{reason}"));
        let has_docker = sources
            .iter()
            .any(|source| matches!(source, Source::Docker));
        if !has_docker || container::engine_answers().await.is_err() {
            return None;
        }
        let started = Container::start_with(Durability::Default, Some((FOLDER, BYTES))).await;
        let container = started.unwrap_or_else(|reason| panic!("{reason}"));
        let url = container.url().into();
        Some(Self {
            _container: container,
            url,
        })
    }

    /// Address of the database `postgres`.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Puts a table and its indexes on the small disk.
    pub async fn take(&self, table: &str) {
        let mut connection = self.connection().await;
        let indexes = format!(
            "DO $$ DECLARE name text; BEGIN
                FOR name IN SELECT indexrelid::regclass FROM pg_index
                    WHERE indrelid = '{table}'::regclass
                LOOP EXECUTE 'ALTER INDEX ' || name || ' SET TABLESPACE small'; END LOOP;
             END $$"
        );
        for statement in [
            shell(&format!("mkdir {FOLDER}/space")),
            format!("CREATE TABLESPACE small LOCATION '{FOLDER}/space'"),
            format!("ALTER TABLE {table} SET TABLESPACE small"),
            indexes,
        ] {
            run(&mut connection, &statement).await;
        }
        connection.close().await.expect("a connection");
    }

    /// Fills the small disk. What has a page of a table already can be written still.
    pub async fn fill(&self) {
        let fill = format!("cat /dev/zero >{FOLDER}/filler 2>/dev/null || true");
        self.run(&fill).await;
    }

    /// Makes space on it again.
    pub async fn free(&self) {
        self.run(&format!("rm {FOLDER}/filler")).await;
    }

    async fn run(&self, command: &str) {
        let mut connection = self.connection().await;
        run(&mut connection, &shell(command)).await;
        connection.close().await.expect("a connection");
    }

    async fn connection(&self) -> PgConnection {
        connect(&self.url).await.expect("a connection")
    }
}

/// A statement that runs a command on the server.
fn shell(command: &str) -> String {
    format!("COPY (SELECT WHERE false) TO PROGRAM '{command}'")
}

async fn run(connection: &mut PgConnection, statement: &str) {
    let done = sqlx::raw_sql(AssertSqlSafe(statement)).execute(connection);
    done.await
        .unwrap_or_else(|error| panic!("{statement}: {error}"));
}
