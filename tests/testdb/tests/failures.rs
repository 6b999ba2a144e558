//! Servers that stop and connections that break.

#![allow(clippy::unwrap_used, reason = "helpers of tests may fail a test")]

use std::{
    future::Future,
    pin::pin,
    task::{Context, Poll, Waker},
};

use aftermatch_testdb::{Proxy, Server, empty};
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
