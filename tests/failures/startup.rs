//! The database is away when the program starts.

use std::{
    hash::{BuildHasher, RandomState},
    net::{SocketAddr, TcpListener},
};

use aftermatch_test_support::{PROGRAM_TIMEOUT, Platform, Program, Proxy, Server, fresh, get};
use sqlx::AssertSqlSafe;
use tokio::{net::TcpStream, time::timeout};

use crate::world::prepare;

const AWAY: &str = "the database is away";

/// An address that nobody listens on. Its port is below those of outgoing connections, so
/// that nobody takes it by chance.
fn free_address() -> SocketAddr {
    let random = || 20_000 + (RandomState::new().hash_one(0) % 12_000) as u16;
    let ports = std::iter::repeat_with(random).take(1_000);
    let free = |address: &SocketAddr| TcpListener::bind(address).is_ok();
    let mut addresses = ports.map(|port| SocketAddr::from(([127, 0, 0, 1], port)));
    addresses.find(free).expect("a free port")
}

#[tokio::test]
async fn startup_database_down_listens_only_after() {
    let server = Server::start().await;
    prepare(server.url()).await;
    server.stop().await;

    let address = free_address();
    let service = Program::start(server.url(), &[("CHAT_LISTEN", &address.to_string())]);
    service.logs(AWAY, 1).await;
    let refused = TcpStream::connect(address)
        .await
        .expect_err("nobody listens");
    assert_eq!(refused.kind(), std::io::ErrorKind::ConnectionRefused);

    server.start_again().await;
    assert_eq!(service.address().await, address);
    let mut ann = service.joined(1, 1).await;
    ann.create("at last").await;
}

#[tokio::test]
async fn startup_database_down_probes_show_waiting() {
    let database = fresh().await;
    prepare(database.url()).await;
    let proxy = Proxy::before(database.url()).await;
    proxy.cut().await;
    let operations = free_address();
    let settings = [("CHAT_OPS_LISTEN", &*operations.to_string())];
    let service = Program::start(proxy.url(), &settings);
    service.logs(AWAY, 1).await;
    let get = |path| get(operations, path);
    assert_eq!(get("/livez").await.status, 200);
    assert_eq!(get("/readyz").await.status, 503);
    // Prometheus sees a service that is down.
    assert_eq!(get("/metrics").await.status, 503);

    proxy.heal().await;
    service.address().await;
    assert_eq!(get("/metrics").await.status, 200);
    assert_eq!(get("/readyz").await.status, 200);
    assert_eq!(get("/livez").await.status, 200);
}

#[tokio::test]
async fn startup_frozen_database_logs_then_continues() {
    let database = fresh().await;
    prepare(database.url()).await;
    let proxy = Proxy::before(database.url()).await;
    proxy.freeze();
    let service = Program::start(proxy.url(), &[]);
    service.logs(AWAY, 1).await;
    proxy.heal().await;
    service.joined(1, 1).await.create("at last").await;
}

#[tokio::test]
async fn startup_waiting_terminated_exits_cleanly() {
    let database = fresh().await;
    let proxy = Proxy::before(database.url()).await;
    proxy.cut().await;
    let service = Program::start(proxy.url(), &[]);
    service.logs(AWAY, 1).await;
    service.terminate().await;
    assert_eq!(service.ended().await.status.code(), Some(0));
}

#[tokio::test]
async fn startup_database_missing_continues_when_created() {
    let database = fresh().await;
    let (server, name) = database.url().rsplit_once('/').expect("a URL");
    let missing = format!("{name}_missing");
    let service = Program::start(&format!("{server}/{missing}"), &[]);
    let log = service.logs(AWAY, 1).await;
    assert!(log.contains("createdb --encoding=UTF8"), "{log}");
    let platform = Platform::connect(database.url()).await;
    let create = AssertSqlSafe(format!("CREATE DATABASE {missing}"));
    let created = sqlx::raw_sql(create).execute(platform.pool()).await;
    created.expect("a database");
    service.address().await;
    service.kill().await;
    let drop = AssertSqlSafe(format!("DROP DATABASE {missing} WITH (FORCE)"));
    let dropped = sqlx::raw_sql(drop).execute(platform.pool()).await;
    dropped.expect("a database");
}

#[tokio::test]
async fn startup_connection_closed_at_once_logs_once_and_continues() {
    let database = fresh().await;
    prepare(database.url()).await;
    let proxy = Proxy::before(database.url()).await;
    proxy.cut_after_sending();
    let service = Program::start(proxy.url(), &[]);
    let log = service.logs(AWAY, 1).await;
    assert!(log.contains("the connection was closed at once"), "{log}");
    timeout(PROGRAM_TIMEOUT, proxy.accepts(3))
        .await
        .expect("three more attempts");
    assert_eq!(service.logs(AWAY, 1).await.matches(AWAY).count(), 1);
    proxy.heal().await;
    service.joined(1, 1).await.create("at last").await;
}
