//! Connections that are refused, or on which nothing comes, and the descriptors of them.

use std::{net::SocketAddr, time::Duration};

use aftermatch_test_support::{HttpRequest, Program, RawSocket, Setup, on_every_store, token_for};
use tokio::time::{sleep, timeout};

use crate::{
    bytes::{LIST, text},
    neighbours::Neighbours,
    socket::{Incoming, Socket},
    world::{MALLORY, usual},
};

/// Connections that are refused, one after the other.
const REFUSED: usize = 300;

/// Until the silent sockets are gone. A head may take longer.
const TIMEOUT: Duration = Duration::from_secs(5);

/// More descriptors than the service needs for one connection at a time.
const SOME: usize = 32;

/// Checks that few more descriptors are open than before.
fn expect_few(program: &Program, before: usize) {
    let open = program.descriptors();
    assert!(
        open < before + SOME,
        "{open} are open, {before} were before"
    );
}

/// A connection that counts: it has been answered.
async fn answered(address: SocketAddr) -> Socket {
    let mut socket = Socket::chat(address, MALLORY).await;
    socket.send(&text(LIST)).await;
    socket.receive_json().await;
    socket
}

/// The client holds its end of every refused connection open.
async fn connections_over_limit_freed_when_refused(setup: Setup) {
    let limit = ("CHAT_MAX_CONNECTIONS_PER_USER", "2");
    let program = usual(setup).start_program(&[limit]).await;
    let address = program.address().await;
    let mut neighbours = Neighbours::joined(&program).await;
    let _first = answered(address).await;
    let _second = answered(address).await;
    let before = program.descriptors();
    let mut refused = Vec::new();
    for _ in 0..REFUSED {
        let mut socket = Socket::chat(address, MALLORY).await;
        let close = socket.receive_close().await;
        assert!(matches!(close, Incoming::Close(1013, _)), "{close:?}");
        refused.push(socket);
        expect_few(&program, before);
    }
    neighbours.chat_on().await;
}

async fn refused_handshakes_freed(setup: Setup) {
    let program = usual(setup).start_program(&[]).await;
    let address = program.address().await;
    let mut neighbours = Neighbours::joined(&program).await;
    let before = program.descriptors();
    let mut refused = Vec::new();
    for nth in 0..REFUSED {
        let token = if nth % 2 == 0 {
            "a.b.c"
        } else {
            &token_for(77)
        };
        let request = HttpRequest::websocket("/ws/chat/").bearer(token);
        let response = request.send(address).await;
        assert!((400..500).contains(&response.status), "{}", response.head);
        refused.push(response);
        expect_few(&program, before);
    }
    neighbours.chat_on().await;
}

/// Sockets on which nothing is sent do not keep others out.
async fn silent_sockets_leave_room_for_others(setup: Setup) {
    let program = usual(setup).start_program(&[]).await;
    let address = program.address().await;
    let mut neighbours = Neighbours::joined(&program).await;
    let before = program.descriptors();
    let mut silent = Vec::new();
    for _ in 0..3 * REFUSED {
        silent.push(RawSocket::connect(address).await);
    }
    neighbours.chat_on().await;
    // What was on its way has come, and the others are silent: for each that comes now, they go.
    let few = async {
        while program.descriptors() >= before + REFUSED {
            sleep(Duration::from_millis(50)).await;
            silent.push(RawSocket::connect(address).await);
        }
    };
    timeout(TIMEOUT, few).await.expect("silent sockets go");
    program.joined(MALLORY, 2).await.create("let me in").await;
    neighbours.chat_on().await;
}

on_every_store!(
    connections_over_limit_freed_when_refused,
    refused_handshakes_freed,
    silent_sockets_leave_room_for_others,
);
