//! Floods of everything that a client can send.

use std::net::SocketAddr;

use aftermatch_test_support::{HttpRequest, RawSocket, Setup, TIMEOUT, get, on_every_store};
use futures_util::future::join_all;
use tokio::time::timeout;

use crate::{
    bytes::{CREATE, join, of_every_kind, text},
    neighbours::Neighbours,
    socket::{Incoming, Socket, too_many_requests},
    world::{MALLORY, usual},
};

/// With one worker thread, a session that does not end its turn stops all others.
const ONE_THREAD: (&str, &str) = ("TOKIO_WORKER_THREADS", "1");

const UNLIMITED: [(&str, &str); 3] = [
    ONE_THREAD,
    ("CHAT_MAX_REQUESTS_PER_SECOND", "off"),
    ("CHAT_MAX_WRITES_PER_SECOND", "off"),
];

/// Bytes of one write.
const BATCH_BYTES: usize = 64 * 1024;

fn batch(one: &[u8]) -> Vec<u8> {
    one.repeat(1 + BATCH_BYTES / one.len())
}

async fn flood(address: SocketAddr, first: Vec<u8>, one: Vec<u8>) -> Incoming {
    let mut socket = Socket::chat(address, MALLORY).await;
    socket.send(&first).await;
    socket.flood(&batch(&one)).await
}

/// One connection for each kind of flood.
async fn every_flood(address: SocketAddr) -> Vec<(&'static str, Incoming)> {
    let of_every_kind = of_every_kind().into_iter();
    let mut floods: Vec<_> = of_every_kind
        .map(|(name, one)| (name, Vec::new(), one))
        .collect();
    floods.push(("create_message", join(2), text(CREATE)));
    let floods = floods.into_iter();
    join_all(floods.map(async |(name, first, one)| (name, flood(address, first, one).await))).await
}

async fn every_flood_closed_neighbours_unaware(setup: Setup) {
    let program = usual(setup).start_program(&[ONE_THREAD]).await;
    let address = program.address().await;
    let mut neighbours = Neighbours::joined(&program).await;
    let ended = neighbours.chat_during(every_flood(address)).await;
    for (name, ended) in ended {
        assert_eq!(ended, too_many_requests(), "{name}");
    }
}

async fn one_flood_alone_closed(setup: Setup) {
    let program = usual(setup).start_program(&[ONE_THREAD]).await;
    let address = program.address().await;
    for (name, one) in of_every_kind() {
        let ended = timeout(TIMEOUT, flood(address, Vec::new(), one)).await;
        assert_eq!(ended, Ok(too_many_requests()), "{name}");
    }
    // It may come back, and be an ordinary client.
    program.joined(MALLORY, 2).await.create("sorry").await;
}

async fn neighbours_answered_amid_unlimited_floods(setup: Setup) {
    let program = usual(setup).start_program(&UNLIMITED).await;
    let address = program.address().await;
    let mut neighbours = Neighbours::joined(&program).await;
    let floods = async move {
        let ended = every_flood(address).await;
        panic!("without a limit nothing is closed: {ended:?}");
    };
    neighbours.chat_amid(floods).await;
}

/// Requests of plain HTTP without end, on connections that are used as long as possible.
async fn requests(address: SocketAddr) {
    let paths = ["/metrics", "/docs/asyncapi.json", "/livez"];
    let refused = HttpRequest::websocket("/ws/chat/").bearer("a.b.c").bytes();
    let looking = join_all(paths.map(async |path| {
        loop {
            get(address, path).await;
        }
    }));
    let pipelines = join_all(paths.map(async |path| {
        loop {
            let requests = HttpRequest::new("GET", path).bytes().repeat(100);
            let socket = RawSocket::sent(address, &requests).await;
            socket.receive_to_end().await;
        }
    }));
    let handshakes = async {
        loop {
            drop(Socket::chat(address, MALLORY).await);
            let refused = RawSocket::sent(address, &refused).await;
            refused.receive_to_end().await;
        }
    };
    tokio::join!(looking, pipelines, handshakes);
}

async fn neighbours_answered_amid_http_requests(setup: Setup) {
    let program = usual(setup).start_program(&[ONE_THREAD]).await;
    let address = program.address().await;
    let mut neighbours = Neighbours::joined(&program).await;
    neighbours.chat_amid(requests(address)).await;
}

async fn http2_prior_knowledge_refused(setup: Setup) {
    let program = usual(setup).start_program(&[]).await;
    let preface = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";
    let address = program.address().await;
    let socket = RawSocket::sent(address, preface).await;
    let response = socket.receive_to_end().await;
    // HTTP/2 would begin with a frame of settings.
    assert!(
        response.is_empty()
            || response.starts_with(b"HTTP/1.1 4")
            || response.starts_with(b"HTTP/1.1 5"),
        "{}",
        String::from_utf8_lossy(&response)
    );
}

on_every_store!(
    every_flood_closed_neighbours_unaware,
    one_flood_alone_closed,
    neighbours_answered_amid_unlimited_floods,
    neighbours_answered_amid_http_requests,
    http2_prior_knowledge_refused,
);
