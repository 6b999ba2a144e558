//! Strangers at the door of the real program: what they send before a handshake,
//! and how many they may be.

use std::{
    net::{Ipv4Addr, SocketAddr, TcpListener},
    process::Stdio,
    time::Duration,
};

use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::{TcpSocket, TcpStream},
    process::{Child, Command},
    time::timeout,
};

use crate::{client::Client, http::get};

/// Longer than anything here takes.
const PATIENCE: Duration = Duration::from_secs(20);

/// The program with a demo world, on all addresses of this machine.
struct Service {
    port: u16,
    operators: SocketAddr,
    /// Tokens of users, in the order of the banner.
    tokens: Vec<String>,
    _child: Child,
}

impl Service {
    /// `command` is run by a shell and ends with the program.
    async fn start(command: &str, settings: &[(&str, &str)]) -> Self {
        let operators = free_port();
        let mut child = Command::new("/bin/sh")
            .args(["-c", command])
            .env_clear()
            .env("AFTERMATCH", env!("CARGO_BIN_EXE_aftermatch"))
            .env("CHAT_LISTEN", "0.0.0.0:0")
            .env("CHAT_OPS_LISTEN", operators.to_string())
            .envs(settings.iter().copied())
            .kill_on_drop(true)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("it can be started");
        let mut lines = BufReader::new(child.stdout.take().expect("a pipe")).lines();
        let mut banner = String::new();
        while !banner.contains("create_message") {
            let line = timeout(PATIENCE, lines.next_line()).await;
            let line = line.expect("a line in time").expect("UTF-8");
            banner += &line.expect("it is running");
            banner.push('\n');
        }
        let (_, address) = banner.split_once("ws://").expect("an address");
        let port = address
            .split(['/', ',', ' ', '\n'])
            .next()
            .and_then(|address| address.rsplit_once(':'))
            .and_then(|(_, port)| port.parse().ok());
        let words = banner.split(|letter: char| letter.is_whitespace() || letter == '"');
        let tokens = words.filter(|word| word.starts_with("ey") && word.matches('.').count() == 2);
        Self {
            port: port.expect("a port"),
            operators,
            tokens: tokens.map(str::to_owned).collect(),
            _child: child,
        }
    }

    fn chat(&self) -> SocketAddr {
        (Ipv4Addr::LOCALHOST, self.port).into()
    }

    fn handshake(&self) -> String {
        format!(
            "GET /ws/chat/ HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\n\
             Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
             Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nOrigin: http://localhost\r\n\
             Authorization: Bearer {}\r\n\r\n",
            self.tokens[0]
        )
    }
}

const RUN: &str = r#"exec "$AFTERMATCH""#;

fn free_port() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.local_addr().expect("an address")
}

async fn sent(address: SocketAddr, bytes: &[u8]) -> TcpStream {
    let mut stream = TcpStream::connect(address).await.expect("connected");
    // The service may have closed already.
    let _ = stream.write_all(bytes).await;
    stream
}

/// What comes until the service closes.
async fn rest(mut stream: TcpStream) -> String {
    let mut bytes = Vec::new();
    let end = timeout(PATIENCE, stream.read_to_end(&mut bytes)).await;
    // A reset is an end, too.
    let _ = end.expect("an end in time");
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Connects to `to` from this address and port.
async fn connect_from(source: SocketAddr, to: SocketAddr) -> TcpStream {
    let socket = TcpSocket::new_v4().expect("a socket");
    socket.set_reuseaddr(true).expect("set");
    socket.bind(source).expect("a free port");
    socket.connect(to).await.expect("connected")
}

/// A client's text frame.
fn text_frame(text: &str) -> Vec<u8> {
    let length = u8::try_from(text.len()).expect("a short text");
    let mask_of_zeros = [0; 4];
    [&[0x81, 0x80 | length], &mask_of_zeros[..], text.as_bytes()].concat()
}

#[tokio::test]
async fn second_socket_of_source_gets_no_session() {
    let service = Service::start(RUN, &[]).await;
    let anywhere = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let mut first = connect_from(anywhere, service.chat()).await;
    let source = first.local_addr().expect("an address");
    let elsewhere = SocketAddr::from(([127, 0, 0, 2], service.port));
    let mut second = connect_from(source, elsewhere).await;
    assert_eq!(second.local_addr().expect("an address"), source);

    let join = text_frame(r#"{"action":"join_room","room_pk":1,"request_id":1}"#);
    first
        .write_all(service.handshake().as_bytes())
        .await
        .expect("open");
    let mut status = [0; 12];
    first.read_exact(&mut status).await.expect("an answer");
    assert_eq!(status, *b"HTTP/1.1 101");
    second.write_all(&join).await.expect("open");
    second.write_all(b"\r\n\r\n").await.expect("open");
    let answer = rest(second).await;
    assert!(answer.starts_with("HTTP/1.1 400 "), "{answer}");
    assert!(!answer.contains("join_room"), "{answer}");

    // The first still has its own session.
    first.write_all(&join).await.expect("open");
    let mut joined = String::new();
    while !joined.contains(r#""response_status":200"#) {
        let mut bytes = [0; 4_096];
        let read = timeout(PATIENCE, first.read(&mut bytes)).await;
        let read = read.expect("in time").expect("open");
        assert!(read > 0, "{joined}");
        joined += &String::from_utf8_lossy(&bytes[..read]);
    }
}

#[tokio::test]
async fn http2_preface_is_not_answered() {
    let service = Service::start(RUN, &[]).await;
    for address in [service.chat(), service.operators] {
        let preface = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";
        assert_eq!(rest(sent(address, preface).await).await, "");
    }
}

#[tokio::test]
async fn half_head_ends_on_both_ports() {
    let service = Service::start(RUN, &[("CHAT_HANDSHAKE_TIMEOUT", "200ms")]).await;
    for address in [service.chat(), service.operators] {
        for begun in [&b""[..], b"GET /livez HTTP/1.1\r\nHost: loc"] {
            assert_eq!(rest(sent(address, begun).await).await, "");
        }
    }
}

#[tokio::test]
async fn oversized_head_is_refused_on_both_ports() {
    let service = Service::start(RUN, &[]).await;
    let cookie = "x".repeat(390_000);
    let head = format!("GET /livez HTTP/1.1\r\nHost: localhost\r\nCookie: {cookie}\r\n\r\n");
    for address in [service.chat(), service.operators] {
        let answer = rest(sent(address, head.as_bytes()).await).await;
        assert!(answer.starts_with("HTTP/1.1 431 "), "{answer:?}");
    }
}

/// Fewer descriptors than there are silent connections, which never end by
/// themselves.
const FEW_DESCRIPTORS: &str = r#"ulimit -n 128; exec "$AFTERMATCH""#;
const PATIENT: [(&str, &str); 1] = [("CHAT_HANDSHAKE_TIMEOUT", "1h")];

async fn silent_connections(address: SocketAddr) -> Vec<TcpStream> {
    let mut silent = Vec::new();
    for begun in [&b""[..], b"GET /"].iter().cycle().take(300) {
        silent.push(sent(address, begun).await);
    }
    silent
}

#[tokio::test]
async fn silent_connections_stop_no_operators_probe() {
    let service = Service::start(FEW_DESCRIPTORS, &PATIENT).await;
    let _silent = [
        silent_connections(service.chat()).await,
        silent_connections(service.operators).await,
    ];
    for path in ["/livez", "/readyz", "/metrics"] {
        let probed = timeout(PATIENCE, get(service.operators, path)).await;
        assert_eq!(probed.expect("an answer in time").0, 200, "{path}");
    }
}

#[tokio::test]
async fn silent_connections_keep_no_client_out() {
    let alone = format!("unset CHAT_OPS_LISTEN; {FEW_DESCRIPTORS}");
    let service = Service::start(&alone, &PATIENT).await;
    let _silent = silent_connections(service.chat()).await;
    let probed = timeout(PATIENCE, get(service.chat(), "/livez")).await;
    assert_eq!(probed.expect("an answer in time").0, 200);
    let mut vera = Client::connect(service.chat(), "/ws/chat/", &service.tokens[0]).await;
    vera.join(1).await;
}

#[tokio::test]
async fn wildcard_origin_is_refused_at_start() {
    for origin in [".example.com", "*.example.com", "localhost,*"] {
        let refused = crate::command::aftermatch(&[])
            .with("CHAT_ALLOWED_ORIGINS", origin)
            .refuses()
            .await;
        assert!(refused.contains("there are no wildcards"), "{refused}");
    }
}
