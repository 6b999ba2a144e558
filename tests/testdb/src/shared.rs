//! The server that all tests of a process share.

use std::{
    sync::{
        OnceLock,
        atomic::{AtomicU64, Ordering},
        mpsc,
    },
    thread,
    time::Duration,
};

use sqlx::{
    AssertSqlSafe, ConnectOptions, Connection, PgConnection, Row, postgres::PgConnectOptions,
};
use tokio::runtime;
use url::Url;

use crate::{
    choice,
    connection::{CONNECT_TIMEOUT, Failure, connect},
    durability::Durability,
    process::Process,
    template, unique,
};

/// Until a database is gone; a server in trouble must not hold a test forever.
const DROP_TIMEOUT: Duration = Duration::from_secs(10);

/// The server and the runtime that works on it. Tests have a runtime each, which ends
/// with them: nothing of theirs can be shared.
pub(crate) struct Shared {
    runtime: runtime::Handle,
    /// The database to connect to for the making of others.
    url: Url,
    /// Beginning of the names of our databases, and the name of our connection that
    /// shows other processes that this one is alive.
    mark: String,
    databases: AtomicU64,
    /// The migrated database to copy, or why there is none.
    template: Result<String, String>,
}

/// The server of this process, started by the first who asks.
pub(crate) fn shared() -> &'static Shared {
    static SHARED: OnceLock<Result<Shared, String>> = OnceLock::new();
    let shared = SHARED.get_or_init(|| {
        let (sender, receiver) = mpsc::sync_channel(1);
        thread::spawn(move || host(&sender));
        receiver.recv().expect("the thread of the server reports")
    });
    shared.as_ref().unwrap_or_else(|reason| panic!("{reason}"))
}

/// Runs the server, and what is to be done on it, to the end of the process.
fn host(sender: &mpsc::SyncSender<Result<Shared, String>>) {
    let runtime = runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime can be had");
    let begun = runtime.block_on(begin(runtime.handle()));
    let (begun, held) = match begun {
        Ok((shared, held)) => (Ok(shared), Some(held)),
        Err(failure) => (Err(failure.to_string()), None),
    };
    if sender.send(begun).is_ok() && held.is_some() {
        runtime.block_on(std::future::pending::<()>());
    }
}

/// The server, and what must be held as long as it is used.
async fn begin(
    runtime: &runtime::Handle,
) -> Result<(Shared, (Option<Process>, PgConnection)), Failure> {
    let (url, process) = match choice::running()? {
        Some(url) => (url, None),
        None => {
            let process = Process::start(Durability::Off).await?;
            (process.url(), Some(process))
        }
    };
    let mark = format!("aftermatch_test_{:016x}_", unique::number());
    let options = url
        .as_str()
        .parse::<PgConnectOptions>()?
        .application_name(&mark);
    let connecting = tokio::time::timeout(CONNECT_TIMEOUT, options.connect());
    let mut connection = connecting
        .await?
        .map_err(|error| format!("the server for the tests: {error}"))?;
    sweep(&mut connection).await?;
    let template = template::prepare(&url).await;
    let template = template.map_err(|failure| format!("migrations: {failure}"));
    let shared = Shared {
        runtime: runtime.clone(),
        url,
        mark,
        databases: AtomicU64::new(0),
        template,
    };
    Ok((shared, (process, connection)))
}

/// Drops what killed test processes left on a server that outlived them.
async fn sweep(connection: &mut PgConnection) -> Result<(), Failure> {
    let left = sqlx::query(
        "SELECT datname FROM pg_database d
         WHERE datname LIKE 'aftermatch\\_test\\_%'
           AND pg_get_userbyid(datdba) = current_user
           AND NOT EXISTS (SELECT FROM pg_stat_activity a
                           WHERE a.application_name LIKE 'aftermatch\\_test\\_%'
                             AND starts_with(d.datname, a.application_name))",
    )
    .fetch_all(&mut *connection)
    .await?;
    for row in left {
        let name: String = row.try_get(0)?;
        drop_database(connection, &name).await?;
    }
    Ok(())
}

impl Shared {
    /// Makes a database and returns its name: migrated, or empty.
    pub(crate) async fn create(&'static self, migrated: bool) -> String {
        let created = self.runtime.spawn(async move {
            let template = match (migrated, &self.template) {
                (false, _) => String::new(),
                (true, Ok(template)) => format!(" TEMPLATE {template}"),
                (true, Err(reason)) => return Err(reason.clone().into()),
            };
            let number = self.databases.fetch_add(1, Ordering::Relaxed);
            let name = format!("{}{number}", self.mark);
            let create = format!("CREATE DATABASE {name}{template}");
            let mut connection = connect(self.url.as_str()).await?;
            sqlx::raw_sql(AssertSqlSafe(create))
                .execute(&mut connection)
                .await?;
            connection.close().await?;
            Ok::<_, Failure>(name)
        });
        let created = created.await.expect("the thread of the server lives");
        created.unwrap_or_else(|reason| panic!("no database for the test: {reason}"))
    }

    /// Drops a database, even while others are connected. If that fails, the next process
    /// that uses the server does it.
    pub(crate) fn drop(&'static self, name: String) {
        let (sender, receiver) = mpsc::sync_channel(1);
        self.runtime.spawn(async move {
            let dropped = async {
                let mut connection = connect(self.url.as_str()).await?;
                drop_database(&mut connection, &name).await
            };
            let _ = sender.send(dropped.await);
        });
        let _ = receiver.recv_timeout(DROP_TIMEOUT);
    }

    /// Address of the database `name`.
    pub(crate) fn url(&self, name: &str) -> String {
        let mut url = self.url.clone();
        url.set_path(name);
        url.into()
    }
}

async fn drop_database(connection: &mut PgConnection, name: &str) -> Result<(), Failure> {
    let statement = format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)");
    sqlx::raw_sql(AssertSqlSafe(statement))
        .execute(connection)
        .await?;
    Ok(())
}
