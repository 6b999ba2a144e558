//! Strangers at both ports of the real program: what they send before a handshake, and
//! how many of them there may be.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};

use aftermatch_test_support::{
    Aftermatch, Client, Demo, HttpRequest, RawSocket, TIMEOUT, aftermatch,
    aftermatch_with_descriptors, get, masked,
};
use tokio::time::timeout;

/// The program with a demo world on all addresses of this machine, and its operators'
/// port.
async fn start(command: Aftermatch) -> (Demo, SocketAddr) {
    let operators = free_port();
    let command = command.env("CHAT_OPS_LISTEN", operators.to_string());
    (command.start_demo_on("0.0.0.0:0").await, operators)
}

fn free_port() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.local_addr().expect("an address")
}

/// Everything that the service sends to a stranger who sent `bytes`, until it closes.
async fn response_to(address: SocketAddr, bytes: &[u8]) -> String {
    let received = RawSocket::sent(address, bytes).await.receive_to_end().await;
    String::from_utf8_lossy(&received).into_owned()
}

#[tokio::test]
async fn second_socket_of_source_gets_no_session() {
    let (demo, _) = start(aftermatch(&[])).await;
    let chat = demo.address();
    let anywhere = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let mut first = RawSocket::connect_from(anywhere, chat).await;
    let source = first.local_address();
    let elsewhere = SocketAddr::from(([127, 0, 0, 2], chat.port()));
    let mut second = RawSocket::connect_from(source, elsewhere).await;
    assert_eq!(second.local_address(), source);

    let join = masked(
        0x81,
        br#"{"action":"join_room","room_pk":1,"request_id":1}"#,
    );
    let handshake = HttpRequest::websocket("/ws/chat/").bearer(demo.tokens()[0]);
    first.send(&handshake.bytes()).await;
    let head = first.receive_until("\r\n\r\n").await;
    assert!(head.starts_with("HTTP/1.1 101 "), "{head}");
    second.send(&join).await;
    second.send(b"\r\n\r\n").await;
    let response = String::from_utf8_lossy(&second.receive_to_end().await).into_owned();
    assert!(response.starts_with("HTTP/1.1 400 "), "{response}");
    assert!(!response.contains("join_room"), "{response}");

    // The first still has its own session.
    first.send(&join).await;
    let joined = first.receive_text().await;
    assert!(joined.contains(r#""response_status":200"#), "{joined}");
}

#[tokio::test]
async fn http2_preface_is_not_answered() {
    let (demo, operators) = start(aftermatch(&[])).await;
    for address in [demo.address(), operators] {
        let preface = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";
        assert_eq!(response_to(address, preface).await, "");
    }
}

#[tokio::test]
async fn half_head_ends_on_both_ports() {
    let (demo, operators) = start(aftermatch(&[]).env("CHAT_HANDSHAKE_TIMEOUT", "200ms")).await;
    for address in [demo.address(), operators] {
        for begun in [&b""[..], b"GET /livez HTTP/1.1\r\nHost: loc"] {
            assert_eq!(response_to(address, begun).await, "");
        }
    }
}

#[tokio::test]
async fn oversized_head_is_refused_on_both_ports() {
    let (demo, operators) = start(aftermatch(&[])).await;
    let cookie = "x".repeat(390_000);
    let head = format!("GET /livez HTTP/1.1\r\nHost: localhost\r\nCookie: {cookie}\r\n\r\n");
    for address in [demo.address(), operators] {
        let response = response_to(address, head.as_bytes()).await;
        assert!(response.starts_with("HTTP/1.1 431 "), "{response:?}");
    }
}

/// The program with fewer descriptors than there are silent connections, which never
/// end by themselves.
fn with_few_descriptors() -> Aftermatch {
    aftermatch_with_descriptors(128, &[]).env("CHAT_HANDSHAKE_TIMEOUT", "1h")
}

async fn silent_connections(address: SocketAddr) -> Vec<RawSocket> {
    let mut silent = Vec::new();
    for begun in [&b""[..], b"GET /"].iter().cycle().take(300) {
        silent.push(RawSocket::sent(address, begun).await);
    }
    silent
}

#[tokio::test]
async fn silent_connections_stop_no_operators_probe() {
    let (demo, operators) = start(with_few_descriptors()).await;
    let _silent = [
        silent_connections(demo.address()).await,
        silent_connections(operators).await,
    ];
    for path in ["/livez", "/readyz", "/metrics"] {
        let probed = timeout(TIMEOUT, get(operators, path)).await;
        assert_eq!(probed.expect("an answer in time").status, 200, "{path}");
    }
}

#[tokio::test]
async fn silent_connections_keep_no_client_out() {
    let demo = with_few_descriptors().start_demo().await;
    let chat = demo.address();
    let _silent = silent_connections(chat).await;
    let probed = timeout(TIMEOUT, get(chat, "/livez")).await;
    assert_eq!(probed.expect("an answer in time").status, 200);
    let mut vera = Client::connect(chat, "/ws/chat/", demo.tokens()[0]).await;
    vera.join(1).await;
}

#[tokio::test]
async fn wildcard_origin_is_refused_at_start() {
    for origin in [".example.com", "*.example.com", "localhost,*"] {
        let refused = aftermatch(&[])
            .env("CHAT_ALLOWED_ORIGINS", origin)
            .expect_refusal()
            .await;
        assert!(refused.contains("there are no wildcards"), "{refused}");
    }
}
