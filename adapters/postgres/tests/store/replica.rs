//! A replica is read in place of the primary, and nobody can see that.

use std::time::Duration;

use aftermatch_ports::{
    CreateOne, History, HistoryRange, Outcome, Page, Rooms, Scope,
    model::{BrandId, RoomId, Seq, UserId},
};
use aftermatch_postgres::{Options, Postgres, import, migrate};
use aftermatch_testdb::{Pair, Platform, Proxy};
use prometheus_client::{encoding::text::encode, registry::Registry};
use sqlx::AssertSqlSafe;
use tokio::time::timeout;

use crate::support::{draft, precondition, town};

const ROOM: RoomId = RoomId(21);
const TIMEOUT: Duration = Duration::from_secs(20);

fn options(url: String, replica: Option<String>) -> Options {
    Options {
        url,
        replica,
        pool: 4,
        statement_timeout: Duration::from_secs(5),
    }
}

async fn prepare(options: &Options) {
    migrate(options).await.expect("the migrations");
    // The second time everything is there already.
    let _ = import(options, &town(vec![]), |_| {}).await;
}

struct Stage {
    store: Postgres,
    registry: Registry,
    last_seq: i64,
}

impl Stage {
    /// The town is on the primary.
    async fn new(pair: &Pair, replica: &str) -> Self {
        let options = options(pair.url(), Some(replica.to_owned()));
        prepare(&options).await;
        let store = Postgres::connect(&options).await.expect("a connection");
        let mut registry = Registry::default();
        store.register_metrics(&mut registry);
        Self {
            store,
            registry,
            last_seq: 0,
        }
    }

    async fn create(&mut self) {
        let now = precondition(&self.store, ROOM.0, 1).await;
        let created = self.store.create_one(now, draft("hello", None));
        let created = created.await.expect("a store");
        assert!(matches!(created, Outcome::Committed(_)), "{created:?}");
        self.last_seq += 1;
    }

    /// What is read has all that was committed.
    async fn expect_newest(&self) {
        let expected = Seq(self.last_seq);
        let newest = self.store.history(ROOM, HistoryRange::Newest, 1).await;
        let newest = newest.expect("a store");
        assert_eq!(newest.last_seq, expected);
        assert_eq!(newest.messages.last().map(|each| each.seq), Some(expected));
        let scope = Scope::Brand {
            brand: BrandId(11),
            reader: UserId(1),
        };
        let page = Page {
            after: None,
            limit: 1,
        };
        let listed = self.store.rooms(scope, page).await.expect("a store");
        assert_eq!(listed[0].last_seq, expected);
        let (total, _) = self.store.page(ROOM, 0, 1).await.expect("a store");
        assert_eq!(total, expected.0.unsigned_abs());
    }

    /// How many reads were done there.
    fn reads(&self, from: &str) -> u64 {
        let mut metrics = String::new();
        encode(&mut metrics, &self.registry).expect("metrics");
        let name = format!("replica_reads_total{{from=\"{from}\"}} ");
        let reads = metrics.lines().find_map(|line| line.strip_prefix(&name));
        reads.map_or(0, |reads| reads.parse().expect("a number"))
    }

    /// Writes and reads until one more read is done there.
    async fn until_read_from(&mut self, from: &str) {
        let before = self.reads(from);
        let until = async {
            while self.reads(from) == before {
                self.create().await;
                self.expect_newest().await;
            }
        };
        let until = timeout(TIMEOUT, until).await;
        until.unwrap_or_else(|_| panic!("nothing is read from the {from}"));
    }
}

#[tokio::test]
async fn replica_is_read_and_never_older() {
    let pair = Pair::asynchronous().await;
    let line = Proxy::before(&pair.standby_url()).await;
    let mut stage = Stage::new(&pair, line.url()).await;
    stage.until_read_from("replica").await;
    for _ in 0..50 {
        stage.create().await;
        stage.expect_newest().await;
    }
    for fault in ["cut", "frozen"] {
        match fault {
            "cut" => line.cut().await,
            _ => line.freeze(),
        }
        stage.until_read_from("primary").await;
        line.heal().await;
        stage.until_read_from("replica").await;
    }
    pair.disconnect_standby().await;
    let before = stage.reads("replica");
    for _ in 0..5 {
        stage.create().await;
        stage.expect_newest().await;
    }
    assert_eq!(stage.reads("replica"), before, "it is behind");
}

/// Its log is another timeline of the same cluster.
#[tokio::test]
async fn standby_of_new_primary_is_read() {
    let mut pair = Pair::asynchronous().await;
    pair.fail_over().await;
    pair.add_standby().await;
    let mut stage = Stage::new(&pair, &pair.standby_url()).await;
    stage.until_read_from("replica").await;
}

/// A standby of another database, and a server that is no standby.
#[tokio::test]
async fn other_database_is_never_read() {
    let pair = Pair::asynchronous().await;
    let platform = Platform::connect(&pair.url()).await;
    let create = AssertSqlSafe("CREATE DATABASE other".to_owned());
    let created = sqlx::raw_sql(create).execute(platform.pool()).await;
    created.expect("a database");
    let other = |url: String| {
        let (server, _) = url.rsplit_once('/').expect("the name of a database");
        format!("{server}/other")
    };
    prepare(&options(other(pair.url()), None)).await;
    let other = other(pair.standby_url());
    let mut last_seq = 0;
    for replica in [other, pair.url()] {
        let mut stage = Stage::new(&pair, &replica).await;
        stage.last_seq = last_seq;
        for _ in 0..5 {
            stage.create().await;
            stage.expect_newest().await;
        }
        assert_eq!(stage.reads("replica"), 0, "{replica}");
        last_seq = stage.last_seq;
    }
}
