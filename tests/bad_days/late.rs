//! The database is away when the program starts.

use std::{
    hash::{BuildHasher, RandomState},
    net::{SocketAddr, TcpListener},
};

use aftermatch_testdb::{Proxy, Server, fresh};
use tokio::net::TcpStream;

use crate::{
    raw::Handshake,
    service::{Service, settle},
};

const AWAY: &str = "the database is away";

/// An address that nobody listens on, and nobody gets by chance: ports for
/// outgoing connections are higher.
fn free_address() -> SocketAddr {
    let random = || 20_000 + (RandomState::new().hash_one(0) % 12_000) as u16;
    let ports = std::iter::repeat_with(random).take(1_000);
    let free = |address: &SocketAddr| TcpListener::bind(address).is_ok();
    let mut addresses = ports.map(|port| SocketAddr::from(([127, 0, 0, 1], port)));
    addresses.find(free).expect("a free port")
}

#[tokio::test]
async fn it_waits_for_its_database_and_lets_nobody_in_before() {
    let server = Server::start().await;
    settle(server.url()).await;
    server.stop().await;

    let address = free_address();
    let service = Service::start(server.url(), &[("CHAT_LISTEN", &address.to_string())]);
    service.says(AWAY, 2).await;
    let refused = TcpStream::connect(address)
        .await
        .expect_err("it does not listen");
    assert_eq!(refused.kind(), std::io::ErrorKind::ConnectionRefused);

    server.start_again().await;
    assert_eq!(service.address().await, address);
    let mut ann = service.joined(1, 1).await;
    ann.create("at last").await;
}

#[tokio::test]
async fn operators_see_that_it_lives_and_waits() {
    let database = fresh().await;
    settle(database.url()).await;
    let proxy = Proxy::before(database.url()).await;
    proxy.cut().await;
    let operations = free_address();
    let settings = [("CHAT_OPS_LISTEN", &*operations.to_string())];
    let service = Service::start(proxy.url(), &settings);
    service.says(AWAY, 1).await;
    let get = |path| Handshake::bare("GET", path).send(operations);
    assert_eq!(get("/livez").await.status, 200);
    assert_eq!(get("/readyz").await.status, 503);
    // For Prometheus it is down.
    assert_eq!(get("/metrics").await.status, 503);

    proxy.heal().await;
    service.address().await;
    assert_eq!(get("/metrics").await.status, 200);
    assert_eq!(get("/readyz").await.status, 200);
    assert_eq!(get("/livez").await.status, 200);
}

#[tokio::test]
async fn it_says_so_when_the_database_does_not_answer_and_goes_on_when_it_does() {
    let database = fresh().await;
    settle(database.url()).await;
    let proxy = Proxy::before(database.url()).await;
    proxy.freeze();
    let service = Service::start(proxy.url(), &[]);
    service.says(AWAY, 2).await;
    proxy.heal().await;
    service.joined(1, 1).await.create("at last").await;
}

#[tokio::test]
async fn told_to_stop_while_it_waits_it_ends_well() {
    let database = fresh().await;
    let proxy = Proxy::before(database.url()).await;
    proxy.cut().await;
    let service = Service::start(proxy.url(), &[]);
    service.says(AWAY, 1).await;
    assert_eq!(service.terminate().await.code(), Some(0));
}
