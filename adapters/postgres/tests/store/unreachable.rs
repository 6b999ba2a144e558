//! What an inspection finds if a database cannot be reached, or must not be used now.

use std::time::Duration;

use crate::{
    inspect::{EVERYTHING, NO_MIGRATE, expect_one},
    rights::run,
    support::options,
};
use aftermatch_postgres::{Options, Severity, inspect};
use aftermatch_testdb::{Pair, Platform, Proxy, empty, fresh};

#[tokio::test]
async fn read_only_database_may_pass() {
    let database = fresh().await;
    let platform = Platform::connect(database.url()).await;
    let (_, name) = database.url().rsplit_once('/').expect("a URL");
    let read_only = format!("ALTER DATABASE {name} SET default_transaction_read_only = on");
    run(&platform, read_only).await;
    let found = inspect(&options(&database), EVERYTHING).await;
    expect_one(&found, Severity::Transient, &["read-only by default"]);
}

/// Whatever isolation its transactions have by default.
#[tokio::test]
async fn standby_may_pass() {
    let pair = Pair::asynchronous().await;
    let options = Options {
        url: pair.standby_url() + "?options[default_transaction_isolation]=serializable",
        replica: None,
        pool: 4,
        statement_timeout: Duration::from_secs(10),
    };
    let found = inspect(&options, NO_MIGRATE).await;
    expect_one(&found, Severity::Transient, &["connect to the primary"]);
}

#[tokio::test]
async fn unreachable_database_may_pass() {
    let database = fresh().await;
    let proxy = Proxy::before(database.url()).await;
    let soon = Options {
        url: proxy.url().to_owned(),
        statement_timeout: Duration::from_millis(100),
        ..options(&database)
    };
    let cannot_reach = "cannot reach the database at 127.0.0.1:";
    proxy.freeze();
    let found = inspect(&soon, EVERYTHING).await;
    expect_one(
        &found,
        Severity::Transient,
        &[cannot_reach, "no answer in time"],
    );
    proxy.heal().await;
    proxy.cut_after_sending();
    let found = inspect(&soon, EVERYTHING).await;
    expect_one(&found, Severity::Transient, &[cannot_reach]);
    proxy.cut().await;
    let found = inspect(&soon, EVERYTHING).await;
    expect_one(&found, Severity::Transient, &[cannot_reach]);
}

#[tokio::test]
async fn refusal_says_what_to_do() {
    let database = empty().await;
    let (server, _) = database.url().rsplit_once('/').expect("a URL");
    let host = server.rsplit_once('@').expect("a user").1;
    for (url, severity, parts) in [
        (
            format!("{server}/no_such_database"),
            Severity::Transient,
            ["createdb --encoding=UTF8", "no_such_database"],
        ),
        (
            format!("{}?sslmode=require", database.url()),
            Severity::Permanent,
            ["TLS", "sslmode=disable"],
        ),
        (
            format!("postgres://nobody@{host}/postgres"),
            Severity::Permanent,
            ["role nobody", "pg_hba.conf"],
        ),
        (
            "postgres://nobody@one,two/chat".to_owned(),
            Severity::Permanent,
            ["DATABASE_URL", "Write one host"],
        ),
        (
            "postgres://nobody@localhost:many/chat".to_owned(),
            Severity::Permanent,
            ["DATABASE_URL", "port"],
        ),
    ] {
        let options = Options {
            url,
            ..options(&database)
        };
        let found = inspect(&options, EVERYTHING).await;
        expect_one(&found, severity, &parts);
        assert_eq!(found.facts, []);
    }
}
