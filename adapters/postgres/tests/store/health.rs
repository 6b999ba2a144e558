//! The store is healthy if and only if somebody could join a room and write there.

use std::time::Duration;

use aftermatch_ports::{CreateOne, Health, Outcome, Read, Rooms, StoreError, model::RoomId};
use aftermatch_postgres::{Options, Postgres};
use aftermatch_testdb::{Database, Platform, Proxy, Server};
use sqlx::AssertSqlSafe;

use crate::support::{draft, precondition, store, town, with_world};

async fn run(platform: &Platform, sql: &str) {
    let run = sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(platform.pool());
    run.await.unwrap_or_else(|error| panic!("{sql}: {error}"));
}

/// A store with short limits.
async fn behind(url: &str) -> Postgres {
    let options = Options {
        url: url.to_owned(),
        replica: None,
        pool: 4,
        statement_timeout: Duration::from_millis(500),
    };
    Postgres::connect(&options).await.expect("a connection")
}

/// Writes a message, and asks for the health before and after: the answers agree.
async fn writes(store: &Postgres) -> Result<(), StoreError> {
    let healthy = Health::check(store).await;
    let written = async {
        let now = precondition(store, 21, 1).await;
        store.create_one(now, draft("hello", None)).await
    };
    match &healthy {
        Ok(()) => assert!(matches!(written.await, Ok(Outcome::Committed(_)))),
        Err(_) => assert!(Health::check(store).await.is_err()),
    }
    healthy
}

async fn until_it_writes(store: &Postgres) {
    let recovered = async { while writes(store).await.is_err() {} };
    let recovered = tokio::time::timeout(Duration::from_secs(20), recovered).await;
    recovered.expect("it writes again");
}

#[tokio::test]
async fn read_only_server_is_unhealthy_and_recovers() {
    let server = Server::start().await;
    let options = Options {
        url: server.url().to_owned(),
        replica: None,
        pool: 4,
        statement_timeout: Duration::from_secs(5),
    };
    aftermatch_postgres::migrate(&options)
        .await
        .expect("the migrations");
    aftermatch_postgres::import(&options, &town(vec![]), |_| {})
        .await
        .expect("an import");
    let platform = Platform::connect(server.url()).await;
    let store = behind(server.url()).await;
    let now = precondition(&store, 21, 1).await;
    writes(&store).await.expect("a healthy store");
    // This changes the connections that are open, too.
    run(
        &platform,
        "ALTER SYSTEM SET default_transaction_read_only = on",
    )
    .await;
    run(&platform, "SELECT pg_reload_conf()").await;
    let refused = async {
        loop {
            let create = store.create_one(now, draft("hello", None));
            if let Err(error) = create.await {
                break error;
            }
        }
    };
    let refused = tokio::time::timeout(Duration::from_secs(20), refused).await;
    assert!(refused.expect("it becomes read-only").is_transient());
    let unhealthy = writes(&store).await.expect_err("it accepts no writes");
    assert!(unhealthy.is_transient(), "{unhealthy:?}");

    // Only new connections accept writes: those that refused one are not used again.
    let writable = "BEGIN READ WRITE;
        ALTER ROLE CURRENT_USER SET default_transaction_read_only = off; COMMIT";
    run(&platform, writable).await;
    until_it_writes(&store).await;
}

/// A role that owns nothing of the server, and the URL for it.
async fn limited_role(database: &Database, platform: &Platform) -> (String, String) {
    let role = database.url().rsplit_once('/').expect("a database").1;
    let role = format!("few_{}", role.split('?').next().expect("a name"));
    run(
        platform,
        &format!(
            "CREATE ROLE {role} LOGIN PASSWORD 'secret';
             GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {role};
             GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {role}"
        ),
    )
    .await;
    let (scheme, rest) = database.url().split_once("://").expect("a URL");
    let (_, rest) = rest.rsplit_once('@').unwrap_or(("", rest));
    (role.clone(), format!("{scheme}://{role}:secret@{rest}"))
}

#[tokio::test]
async fn connection_limit_below_pool_is_unhealthy() {
    let (database, platform) = with_world(&town(vec![])).await;
    let (role, url) = limited_role(&database, &platform).await;
    let store = behind(&url).await;
    writes(&store).await.expect("a healthy store");
    // As if the pool was larger than the limit.
    let limit = format!("ALTER ROLE {role} CONNECTION LIMIT 1");
    run(&platform, &limit).await;
    let end = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
        WHERE application_name = 'aftermatch' AND datname = current_database()";
    run(&platform, end).await;
    let read = async { while store.room(RoomId(21), Read::Fresh).await.is_err() {} };
    let read = tokio::time::timeout(Duration::from_secs(20), read).await;
    read.expect("the pool has the connection");
    let unhealthy = writes(&store).await.expect_err("none is left to write");
    assert!(unhealthy.is_transient(), "{unhealthy:?}");
    run(&platform, &format!("ALTER ROLE {role} CONNECTION LIMIT 9")).await;
    until_it_writes(&store).await;
    drop(store);
    run(&platform, end).await;
    run(
        &platform,
        &format!("DROP OWNED BY {role}; DROP ROLE {role}"),
    )
    .await;
}

#[tokio::test]
async fn missing_migration_is_unhealthy() {
    let (database, platform) = with_world(&town(vec![])).await;
    let store = store(&database).await;
    writes(&store).await.expect("a healthy store");
    let older = "DELETE FROM _sqlx_migrations
        WHERE version = (SELECT max(version) FROM _sqlx_migrations)";
    run(&platform, older).await;
    let unhealthy = Health::check(&store).await.expect_err("it is older");
    assert!(!unhealthy.is_transient(), "{unhealthy:?}");
}

/// As behind a balancer whose server is away: it accepts connections and closes them.
#[tokio::test]
async fn proxy_that_closes_at_once_is_transient() {
    let (database, _platform) = with_world(&town(vec![])).await;
    let proxy = Proxy::before(database.url()).await;
    for mode in ["", "?sslmode=prefer"] {
        let store = behind(&format!("{}{mode}", proxy.url())).await;
        let now = precondition(&store, 21, 1).await;
        proxy.redirect("postgres://127.0.0.1:1/nobody");
        proxy.cut().await;
        proxy.heal().await;
        for _ in 0..20 {
            let create = store.create_one(now, draft("hello", None));
            let away = create.await.expect_err("nobody is there");
            assert!(away.is_transient(), "{away:?}");
            let away = Health::check(&store).await.expect_err("nobody is there");
            assert!(away.is_transient(), "{away:?}");
        }
        proxy.redirect(database.url());
        until_it_writes(&store).await;
    }
}

#[tokio::test]
async fn database_that_is_made_again_is_transient() {
    let (database, platform) = with_world(&town(vec![])).await;
    let store = behind(database.url()).await;
    let now = precondition(&store, 21, 1).await;
    let name: String = sqlx::query_scalar("SELECT current_database()")
        .fetch_one(platform.pool())
        .await
        .expect("a name");
    let (rest, _) = database.url().rsplit_once('/').expect("a database");
    let server = Platform::connect(&format!("{rest}/postgres")).await;
    let drop = format!("DROP DATABASE {name} WITH (FORCE)");
    run(&server, &drop).await;
    for _ in 0..3 {
        let create = store.create_one(now, draft("hello", None));
        let away = create.await.expect_err("it is gone");
        assert!(away.is_transient(), "{away:?}");
        let away = Health::check(&store).await.expect_err("it is gone");
        assert!(away.is_transient(), "{away:?}");
    }
}
