//! Servers that stop and connections that break.

#![allow(clippy::unwrap_used, reason = "helpers of tests may fail a test")]

use std::{
    future::Future,
    pin::pin,
    task::{Context, Poll, Waker},
};

use aftermatch_testdb::{Pair, Proxy, Server, empty};
use sqlx::{Connection, PgConnection, Row};

async fn connect(url: &str) -> PgConnection {
    PgConnection::connect(url).await.unwrap()
}

#[tokio::test]
async fn server_stopped_keeps_committed_rows() {
    let server = Server::start().await;
    let mut connection = connect(server.url()).await;
    for statement in [
        "CREATE TABLE stored (id int)",
        "INSERT INTO stored VALUES (7)",
    ] {
        sqlx::raw_sql(statement)
            .execute(&mut connection)
            .await
            .unwrap();
    }

    server.stop().await;
    assert!(connection.ping().await.is_err());
    assert!(PgConnection::connect(server.url()).await.is_err());

    server.start_again().await;
    let mut connection = connect(server.url()).await;
    let stored = sqlx::query("SELECT id FROM stored").fetch_one(&mut connection);
    assert_eq!(stored.await.unwrap().get::<i32, _>(0), 7);
}

#[tokio::test]
async fn server_commits_to_disk() {
    let server = Server::start().await;
    let mut connection = connect(server.url()).await;
    for setting in ["fsync", "synchronous_commit", "full_page_writes"] {
        let value = sqlx::query("SELECT current_setting($1)").bind(setting);
        let value: String = value.fetch_one(&mut connection).await.unwrap().get(0);
        assert_eq!(value, "on", "{setting}");
    }
}

#[tokio::test]
async fn proxy_cut_refuses_connections_until_healed() {
    let database = empty().await;
    let proxy = Proxy::before(database.url()).await;
    let (mut one, mut other) = (connect(proxy.url()).await, connect(proxy.url()).await);
    one.ping().await.unwrap();

    proxy.cut().await;
    assert!(one.ping().await.is_err());
    assert!(other.ping().await.is_err());
    assert!(PgConnection::connect(proxy.url()).await.is_err());
    connect(database.url()).await.ping().await.unwrap();

    proxy.heal().await;
    connect(proxy.url()).await.ping().await.unwrap();
}

#[tokio::test]
async fn proxy_frozen_delays_bytes_loses_none() {
    let database = empty().await;
    let proxy = Proxy::before(database.url()).await;
    let mut through = connect(proxy.url()).await;
    let mut direct = connect(database.url()).await;
    let backend: i32 = {
        let pid = sqlx::query("SELECT pg_backend_pid()").fetch_one(&mut through);
        pid.await.unwrap().get(0)
    };

    proxy.freeze();
    let mut response = pin!(sqlx::query("SELECT 'through'::text").fetch_one(&mut through));
    let mut attempt = pin!(PgConnection::connect(proxy.url()));
    let mut context = Context::from_waker(Waker::noop());
    // Each of these queries is a round trip, in which bytes could pass the proxy.
    for _ in 0..100 {
        assert!(response.as_mut().poll(&mut context).is_pending());
        assert!(attempt.as_mut().poll(&mut context).is_pending());
        let query = sqlx::query("SELECT query FROM pg_stat_activity WHERE pid = $1");
        let query: String = query
            .bind(backend)
            .fetch_one(&mut direct)
            .await
            .unwrap()
            .get(0);
        assert_eq!(query, "SELECT pg_backend_pid()");
    }

    proxy.heal().await;
    assert_eq!(response.await.unwrap().get::<String, _>(0), "through");
    attempt.await.unwrap().ping().await.unwrap();
}

#[tokio::test]
async fn proxy_frozen_can_be_cut() {
    let database = empty().await;
    let proxy = Proxy::before(database.url()).await;
    let mut through = connect(proxy.url()).await;
    proxy.freeze();
    let mut context = Context::from_waker(Waker::noop());
    {
        let mut ping = pin!(through.ping());
        assert!(matches!(ping.as_mut().poll(&mut context), Poll::Pending));
        proxy.cut().await;
        assert!(ping.await.is_err());
    }
    proxy.heal().await;
    connect(proxy.url()).await.ping().await.unwrap();
}

#[tokio::test]
async fn server_frozen_answers_after_thaw() {
    let server = Server::start().await;
    let mut connection = connect(server.url()).await;
    server.freeze().await;
    let mut context = Context::from_waker(Waker::noop());
    let mut ping = pin!(connection.ping());
    assert!(ping.as_mut().poll(&mut context).is_pending());
    server.thaw().await;
    ping.await.unwrap();
    connect(server.url()).await.ping().await.unwrap();
}

#[tokio::test]
async fn proxy_cut_after_sending_executes_unanswered() {
    let database = empty().await;
    let proxy = Proxy::before(database.url()).await;
    let mut through = connect(proxy.url()).await;
    proxy.cut_after_sending();
    let create = sqlx::raw_sql("CREATE TABLE made ()").execute(&mut through);
    assert!(create.await.is_err());
    proxy.heal().await;
    let mut again = connect(proxy.url()).await;
    loop {
        // The server may still be at it.
        let made = sqlx::query("SELECT to_regclass('made') IS NOT NULL");
        if made.fetch_one(&mut again).await.unwrap().get(0) {
            return;
        }
    }
}

#[tokio::test]
async fn proxy_redirected_leads_to_other_database_server() {
    let (one, other) = (Server::start().await, Server::start().await);
    let proxy = Proxy::before(one.url()).await;
    let table = sqlx::raw_sql("CREATE TABLE other ()");
    table
        .execute(&mut connect(other.url()).await)
        .await
        .unwrap();
    proxy.redirect(other.url());
    let found = sqlx::raw_sql("SELECT FROM other");
    let mut through = connect(proxy.url()).await;
    found.execute(&mut through).await.unwrap();
}

async fn insert(url: &str, id: i32) {
    let insert = sqlx::query("INSERT INTO stored VALUES ($1)").bind(id);
    insert.execute(&mut connect(url).await).await.unwrap();
}

async fn stored(url: &str) -> Vec<i32> {
    let stored = sqlx::query_scalar("SELECT id FROM stored ORDER BY id");
    stored.fetch_all(&mut connect(url).await).await.unwrap()
}

#[tokio::test]
async fn standby_takes_over_with_committed_rows() {
    let mut pair = Pair::synchronous().await;
    let table = sqlx::raw_sql("CREATE TABLE stored (id int)");
    let mut connection = connect(&pair.url()).await;
    table.execute(&mut connection).await.unwrap();
    for round in 0..2 {
        insert(&pair.url(), round).await;
        pair.fail_over().await;
        pair.add_standby().await;
    }
    insert(&pair.url(), 2).await;
    assert_eq!(stored(&pair.url()).await, [0, 1, 2]);
}

#[tokio::test]
async fn disconnected_standby_takes_over_without_later_rows() {
    let mut pair = Pair::asynchronous().await;
    let table = sqlx::raw_sql("CREATE TABLE stored (id int)");
    let mut connection = connect(&pair.url()).await;
    table.execute(&mut connection).await.unwrap();
    insert(&pair.url(), 1).await;
    pair.disconnect_standby().await;
    insert(&pair.url(), 2).await;
    pair.fail_over().await;
    insert(&pair.url(), 3).await;
    assert_eq!(stored(&pair.url()).await, [1, 3]);
}
