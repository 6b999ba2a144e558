use std::net::Ipv4Addr;

use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use poem::{Request, Response, Route, endpoint::make, get, http::StatusCode};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpSocket,
    sync::watch,
    task::JoinHandle,
};

use super::*;

/// Longer than anything here takes.
const TIMEOUT: Duration = Duration::from_secs(20);

const LIMITS: Limits = Limits {
    head: TIMEOUT,
    sockets: 100,
    grace: TIMEOUT,
};

/// A server on all addresses of this machine.
struct Running {
    port: u16,
    shutdown: CancellationToken,
    served: JoinHandle<io::Result<()>>,
    /// How many requests `/slow` has begun; it answers when this is set to `None`.
    slow: watch::Sender<Option<usize>>,
}

async fn start(limits: Limits) -> Running {
    let slow = watch::Sender::new(Some(0));
    let started = slow.clone();
    let waits = make(move |_| {
        started.send_modify(|started| *started = started.map(|started| started + 1));
        let mut over = started.subscribe();
        async move {
            let _ = over.wait_for(Option::is_none).await;
            "slow"
        }
    });
    let routes = Route::new()
        .at("/", get(make(|_| async { "answer" })))
        .at("/slow", get(waits))
        .at(
            "/upgrade",
            get(make(|request| async move { upgrade(&request) })),
        );
    let listener = TcpListener::bind("0.0.0.0:0").await.expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let shutdown = CancellationToken::new();
    let tasks = TaskTracker::new();
    Running {
        port,
        served: tasks.spawn(serve(listener, routes, limits, shutdown.clone())),
        shutdown,
        slow,
    }
}

/// Upgrades to a protocol that says hello and echoes one byte.
fn upgrade(request: &Request) -> Response {
    let extensions = request.extensions();
    let upgrade = extensions.get::<OnUpgrade>().cloned();
    let place = extensions.get::<Arc<OwnedSemaphorePermit>>().cloned();
    let (Some(upgrade), Some(place)) = (upgrade, place) else {
        return StatusCode::UPGRADE_REQUIRED.into();
    };
    TaskTracker::new().spawn(async move {
        let _place = place;
        let upgraded = upgrade.await.expect("upgraded");
        let parts = upgraded.downcast::<TokioIo<TcpStream>>();
        let parts = parts.expect("the stream that was accepted");
        let mut stream = parts.io.into_inner();
        stream.write_all(b"hello ").await.expect("open");
        stream.write_all(&parts.read_buf).await.expect("open");
        let byte = stream.read_u8().await.expect("open");
        stream.write_u8(byte).await.expect("open");
    });
    Response::builder()
        .status(StatusCode::SWITCHING_PROTOCOLS)
        .header("connection", "upgrade")
        .header("upgrade", "echo")
        .finish()
}

impl Running {
    async fn connect(&self) -> TcpStream {
        let connected = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)).await;
        connected.expect("connected")
    }

    /// A connection that has sent `bytes`.
    async fn sent(&self, bytes: &[u8]) -> TcpStream {
        let mut stream = self.connect().await;
        // The other side may have closed already.
        let _ = stream.write_all(bytes).await;
        stream
    }

    async fn slow_requests(&self, count: usize) {
        let mut started = self.slow.subscribe();
        let started = started.wait_for(|started| started.is_some_and(|started| started >= count));
        let started = timeout(TIMEOUT, started).await;
        started.expect("begun in time").expect("running");
    }

    async fn stopped(self) {
        let served = timeout(TIMEOUT, self.served).await;
        served
            .expect("it stops in time")
            .expect("no panic")
            .expect("no error");
    }
}

fn request(path: &str, headers: &str) -> Vec<u8> {
    format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n{headers}\r\n").into_bytes()
}

fn upgrade_request() -> Vec<u8> {
    request("/upgrade", "Connection: upgrade\r\nUpgrade: echo\r\n")
}

/// What comes until the other side closes.
async fn rest(mut stream: TcpStream) -> String {
    let mut bytes = Vec::new();
    let end = timeout(TIMEOUT, stream.read_to_end(&mut bytes)).await;
    // A reset is an end, too.
    let _ = end.expect("an end in time");
    String::from_utf8_lossy(&bytes).into_owned()
}

/// What comes up to `end`.
async fn read_until(stream: &mut TcpStream, end: &str) -> String {
    let reading = async {
        let mut text = String::new();
        while !text.ends_with(end) {
            text.push(char::from(stream.read_u8().await.expect("open")));
        }
        text
    };
    timeout(TIMEOUT, reading).await.expect("in time")
}

#[tokio::test]
async fn http2_preface_is_not_answered() {
    let server = start(LIMITS).await;
    let preface = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";
    assert_eq!(rest(server.sent(preface).await).await, "");
}

#[tokio::test]
async fn half_head_ends_with_its_time() {
    let server = start(Limits {
        head: Duration::from_millis(500),
        ..LIMITS
    })
    .await;
    for started in [&b""[..], b"GET / HTTP/1.1\r\nHost: loc"] {
        assert_eq!(rest(server.sent(started).await).await, "");
    }
    let answered = rest(server.sent(&request("/", "")).await).await;
    assert!(answered.ends_with("answer"), "idle, then ended");
}

#[tokio::test]
async fn oversized_head_is_refused() {
    let server = start(LIMITS).await;
    let cookie = "x".repeat(390_000);
    let response = rest(
        server
            .sent(&request("/", &format!("Cookie: {cookie}\r\n")))
            .await,
    )
    .await;
    assert!(response.starts_with("HTTP/1.1 431 "), "{response:?}");
    let cookie = "x".repeat(8_000);
    let close = format!("Cookie: {cookie}\r\nConnection: close\r\n");
    let response = rest(server.sent(&request("/", &close)).await).await;
    assert!(response.ends_with("answer"), "{response:?}");
}

#[tokio::test]
async fn silent_connections_keep_nobody_out() {
    let server = start(Limits {
        sockets: 16,
        ..LIMITS
    })
    .await;
    let mut silent = Vec::new();
    for _ in 0..200 {
        silent.push(server.sent(b"GET / HT").await);
    }
    let response = server.sent(&request("/", "Connection: close\r\n")).await;
    assert!(rest(response).await.ends_with("answer"));
    assert_eq!(rest(silent.remove(0)).await, "", "the oldest was evicted");
}

#[tokio::test]
async fn full_port_refuses_until_place_is_free() {
    let server = start(Limits {
        sockets: 2,
        ..LIMITS
    })
    .await;
    let served = server
        .sent(&request("/slow", "Connection: close\r\n"))
        .await;
    server.slow_requests(1).await;
    let mut upgraded = server.sent(&upgrade_request()).await;
    read_until(&mut upgraded, "hello ").await;
    // Both sockets are in use, and neither is evicted.
    assert_eq!(rest(server.sent(&request("/", "")).await).await, "");
    server.slow.send_replace(None);
    assert!(rest(served).await.ends_with("slow"));
    let trying = async {
        let request = request("/", "Connection: close\r\n");
        while !rest(server.sent(&request).await).await.ends_with("answer") {}
    };
    let served = timeout(TIMEOUT, trying).await;
    served.expect("a place in time");
    upgraded.write_u8(b'!').await.expect("open");
    assert_eq!(rest(upgraded).await, "!");
}

#[tokio::test]
async fn connection_is_kept_alive_between_requests() {
    let server = start(LIMITS).await;
    let mut stream = server.connect().await;
    for _ in 0..3 {
        let sent = stream.write_all(&request("/", "")).await;
        sent.expect("open");
        read_until(&mut stream, "answer").await;
    }
}

#[tokio::test]
async fn old_connection_ends_with_its_response() {
    let server = start(Limits {
        head: Duration::from_secs(2),
        ..LIMITS
    })
    .await;
    let mut stream = server.connect().await;
    let request = request("/", "");
    let mut answers = 0;
    loop {
        stream.write_all(&request).await.expect("open");
        let response = read_until(&mut stream, "answer").await;
        answers += 1;
        if response.contains("connection: close\r\n") {
            break;
        }
    }
    assert!(answers > 1);
    assert_eq!(rest(stream).await, "");
}

#[tokio::test]
async fn early_bytes_follow_the_upgrade() {
    let server = start(LIMITS).await;
    let early = [upgrade_request(), b"early".to_vec()].concat();
    let mut stream = server.sent(&early).await;
    let response = read_until(&mut stream, "hello early").await;
    assert!(response.starts_with("HTTP/1.1 101 "), "{response}");
}

#[tokio::test]
async fn stop_answers_request_in_flight() {
    let server = start(LIMITS).await;
    let silent = server.connect().await;
    let served = server.sent(&request("/slow", "")).await;
    server.slow_requests(1).await;
    server.shutdown.cancel();
    assert_eq!(rest(silent).await, "");
    server.slow.send_replace(None);
    assert!(rest(served).await.ends_with("slow"));
    server.stopped().await;
}

/// Connects from `port` of this machine.
async fn connect_from(port: u16, to: [u8; 4], server: &Running) -> TcpStream {
    let socket = TcpSocket::new_v4().expect("a socket");
    socket.set_reuseaddr(true).expect("set");
    let from = (Ipv4Addr::LOCALHOST, port).into();
    socket.bind(from).expect("a free port");
    let to = SocketAddr::from((to, server.port));
    socket.connect(to).await.expect("connected")
}

#[tokio::test]
async fn same_source_address_shares_no_upgrade() {
    let server = start(LIMITS).await;
    let mut first = connect_from(0, [127, 0, 0, 1], &server).await;
    let source = first.local_addr().expect("an address");
    let mut second = connect_from(source.port(), [127, 0, 0, 2], &server).await;
    assert_eq!(second.local_addr().expect("an address"), source);

    first.write_all(&upgrade_request()).await.expect("open");
    let response = read_until(&mut first, "hello ").await;
    assert!(response.starts_with("HTTP/1.1 101 "), "{response}");
    second
        .write_all(b"\x81\x80mask\r\n\r\n")
        .await
        .expect("open");
    let response = rest(second).await;
    assert!(response.starts_with("HTTP/1.1 400 "), "{response}");
    first.write_u8(b'!').await.expect("open");
    assert_eq!(rest(first).await, "!");
}
