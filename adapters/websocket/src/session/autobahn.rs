//! An echo server on the parts of a session, for the Autobahn test suite. The session
//! itself answers each text with JSON, and the suite expects the text.

use std::task::Poll;

use aftermatch_ports::{
    Interest, Signal, Urgency,
    model::{BrandId, Endpoint, RoomId, Session, SessionId, UserId, Viewer},
};
use bytes::BytesMut;
use poem::http::{HeaderValue, header};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    process::Command,
};
use tokio_util::task::TaskTracker;
use tungstenite::handshake::derive_accept_key;

use super::*;
use crate::{
    delivery::Hub,
    edge::extensions,
    transport::{
        ReadError,
        frame::{Incoming, TextFrame},
    },
};

/// Of a message and of an outbox. The suite sends and expects 16 MiB.
const MAX_BYTES: usize = 32 * 1024 * 1024;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "run by tests/autobahn/run"]
async fn suite_finds_documented_differences_only() {
    let client = std::env::var_os("AUTOBAHN_CLIENT").expect("the suite's client");
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let (tasks, sessions) = (TaskTracker::new(), TaskTracker::new());
    let server = tasks.spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.expect("a connection");
            sessions.spawn(serve(stream));
        }
    });
    let mut suite = Command::new(client);
    let status = suite.arg(format!("ws://{address}")).status().await;
    server.abort();
    assert!(status.expect("the suite runs").success());
}

/// There is no other process.
struct Nobody;

impl Interest for Nobody {
    fn room_wanted(&self, _: RoomId, _: Option<Urgency>) {}
    fn all_wanted(&self, _: bool) {}
    fn reads_wanted(&self, _: UserId, _: bool) {}
    fn presence_wanted(&self, _: bool) {}
    fn online(&self, _: BrandId, _: bool) {}
    fn signal(&self, _: Signal) {}
}

async fn serve(mut stream: TcpStream) {
    let compression = upgrade(&mut stream).await;
    let (reader, writer) = stream.into_split();
    let hub = Arc::new(Hub::new(Arc::new(Nobody)));
    let session = Session {
        id: SessionId(1),
        user: UserId(1),
        endpoint: Endpoint::Chat,
        viewer: Viewer::Brand(BrandId(1)),
        token_expires: i64::MAX,
    };
    let outbox = Outbox::new(writer, compression, 1_024, MAX_BYTES, hub.metrics().clone());
    let held = HeldBytes::new(hub.metrics().clone());
    let mut reader = Reader::new(
        reader,
        BytesMut::new(),
        MAX_BYTES,
        compression.is_some(),
        held,
    );
    let registration = hub.connect(&session, outbox);
    let connection = registration.connection().clone();
    let closing = echo(&mut reader, connection.outbox()).await;
    drop(registration);
    finish(closing, reader, connection, &Arc::default()).await;
}

/// Accepts the handshake of the suite, without any check.
async fn upgrade(stream: &mut TcpStream) -> Option<Compression> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.expect("a handshake"));
    }
    let head = String::from_utf8(head).expect("a handshake");
    let (_, key) = head.split_once("Sec-WebSocket-Key: ").expect("a key");
    let key = key.lines().next().expect("a key");
    let accept = derive_accept_key(key.as_bytes());
    let offers = head.lines().filter_map(|line| line.split_once(": "));
    let offers = offers.filter(|(name, _)| *name == "Sec-WebSocket-Extensions");
    let offers = offers.map(|(_, offers)| {
        let offers = HeaderValue::from_str(offers).expect("an offer");
        (header::SEC_WEBSOCKET_EXTENSIONS, offers)
    });
    let compression = extensions::compression(&offers.collect()).ok().flatten();
    let accepted = compression.map_or_else(String::new, |accepted| {
        format!(
            "Sec-WebSocket-Extensions: {}\r\n",
            extensions::acceptance(accepted)
        )
    });
    let response = format!(
        "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Accept: {accept}\r\n{accepted}\r\n"
    );
    let sent = stream.write_all(response.as_bytes()).await;
    sent.expect("an open connection");
    compression
}

/// Sends each message back, until either side closes.
async fn echo(reader: &mut Reader, outbox: &Outbox) -> Closing {
    loop {
        outbox.flush();
        let next = poll_fn(|context| match outbox.poll(context) {
            Poll::Ready(close) => Poll::Ready(Err(Closing::ByServer(close))),
            Poll::Pending => reader.poll_next(context).map(Ok),
        });
        let incoming = match next.await {
            Ok(Ok(incoming)) => incoming,
            Ok(Err(ReadError::Gone)) => return Closing::ByClient,
            Ok(Err(ReadError::Violation(violation))) => {
                return Closing::ByServer(violation.close());
            }
            Err(closing) => return closing,
        };
        match incoming {
            Incoming::Text(text) => outbox.push(outbox.form(&mut text_frame(&text).into())),
            // The decoder drops its payload.
            Incoming::Binary => outbox.push(text_frame(b"binary")),
            Incoming::Ping(payload) => outbox.push(frame::pong(&payload)),
            Incoming::Pong | Incoming::Fragment => {}
            Incoming::Close(_) => return Closing::ByClient,
        }
    }
}

fn text_frame(text: &[u8]) -> bytes::Bytes {
    let mut frame = TextFrame::new();
    frame.payload().extend_from_slice(text);
    frame.finish()
}
