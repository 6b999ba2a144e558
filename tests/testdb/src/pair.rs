//! A server with a standby that can take over.

use std::time::Duration;

use sqlx::{AssertSqlSafe, Decode, Postgres, Type};
use tokio::time::{sleep, timeout};

use crate::{Proxy, connection::connect, durability::Durability, local::Local};

/// Until a standby has received what the primary has written.
const REPLICATION_TIMEOUT: Duration = Duration::from_secs(60);

const ADVICE: &str = "This test needs the binaries of Postgres on this machine, pg_basebackup \
     included, also where other tests take Postgres from Docker: `apt-get install postgresql`, \
     or their folder on PATH.";

/// A primary, and a standby that receives its log. Both are servers of this machine.
pub struct Pair {
    durability: Durability,
    primary: Local,
    standby: Option<Standby>,
}

struct Standby {
    server: Local,
    /// From the standby to its primary.
    link: Proxy,
}

impl Pair {
    /// What is committed is on both. Commits wait while there is no standby.
    pub async fn synchronous() -> Self {
        Self::start(Durability::OnStandby).await
    }

    /// What is committed is on the standby a little later.
    pub async fn asynchronous() -> Self {
        Self::start(Durability::Default).await
    }

    async fn start(durability: Durability) -> Self {
        let primary = Local::start(durability).await;
        let primary = primary.unwrap_or_else(|reason| panic!("{reason}\n{ADVICE}"));
        let mut this = Self {
            durability,
            primary,
            standby: None,
        };
        this.add_standby().await;
        this
    }

    /// Address of the database `postgres` on the present primary.
    pub fn url(&self) -> String {
        self.primary.url().into()
    }

    /// Address of the database `postgres` on the standby.
    pub fn standby_url(&self) -> String {
        self.standby().server.url().into()
    }

    /// Gives the primary a standby, and waits until that has everything.
    pub async fn add_standby(&mut self) {
        let link = Proxy::before(&self.url()).await;
        let server = Local::standby(self.durability, link.url()).await;
        let server = server.unwrap_or_else(|reason| panic!("{reason}\n{ADVICE}"));
        self.standby = Some(Standby { server, link });
        self.received_by_standby().await;
    }

    /// From now on the standby receives nothing. It has everything that was committed
    /// before this was called.
    pub async fn disconnect_standby(&self) {
        self.received_by_standby().await;
        self.standby().link.freeze();
    }

    /// The primary crashes and does not come back. The standby takes its place, with what it
    /// has received, and has no standby itself.
    pub async fn fail_over(&mut self) {
        self.primary.stop().await.expect("a server that runs stops");
        let standby = self.standby.take().expect("a standby");
        standby.link.cut().await;
        standby
            .server
            .promote()
            .await
            .expect("a standby takes over");
        self.primary = standby.server;
    }

    fn standby(&self) -> &Standby {
        self.standby.as_ref().expect("a standby")
    }

    /// Waits until the standby has received what is in the primary's log now.
    async fn received_by_standby(&self) {
        let written = "SELECT pg_current_wal_flush_lsn()::text";
        let written = ask::<String>(&self.primary, written.to_owned()).await;
        let received = format!(
            "SELECT coalesce(pg_last_wal_receive_lsn() >= '{written}', false)
             AND EXISTS (SELECT FROM pg_stat_wal_receiver WHERE status = 'streaming')"
        );
        let caught_up = async {
            while !ask::<bool>(&self.standby().server, received.clone()).await {
                sleep(Duration::from_millis(20)).await;
            }
        };
        timeout(REPLICATION_TIMEOUT, caught_up)
            .await
            .expect("the standby receives it in time");
    }
}

/// The one value that a query returns.
async fn ask<T>(server: &Local, query: String) -> T
where
    T: for<'r> Decode<'r, Postgres> + Type<Postgres> + Send + Unpin,
{
    let mut connection = connect(server.url().as_str()).await.expect("a connection");
    let value = sqlx::query_scalar(AssertSqlSafe(query)).fetch_one(&mut connection);
    value.await.expect("a value")
}
