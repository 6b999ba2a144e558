//! The WebSocket client of the tests. The framing is not ours, so that a mistake in ours
//! shows.

use std::{
    net::SocketAddr,
    sync::atomic::{AtomicI64, Ordering},
};

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::{net::TcpStream, time::timeout};
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async,
    tungstenite::{
        Error, Message,
        client::IntoClientRequest,
        handshake::client::Request,
        protocol::{CloseFrame, Role},
    },
};

use crate::{TIMEOUT, requests, schema};

/// One connection of a user.
///
/// The methods fail the test when the connection breaks or stays silent for too long.
/// Those that begin with `try_` are for connections that are expected to break: they
/// return `None` then, and wait without a bound of their own.
pub struct Client {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
}

/// Shared by all clients, so that no client takes the response of another for its own.
static LAST_REQUEST_ID: AtomicI64 = AtomicI64::new(0);

impl Client {
    /// Connects to `path` with `token` in the header.
    pub async fn connect(address: SocketAddr, path: &str, token: &str) -> Self {
        let connected = timeout(TIMEOUT, connect_async(upgrade(address, path, token))).await;
        let (socket, _) = connected.expect("a response in time").expect("an upgrade");
        Self { socket }
    }

    /// Connects, unless the service is gone or goes away meanwhile. A refusal fails the
    /// test.
    pub async fn try_connect(address: SocketAddr, path: &str, token: &str) -> Option<Self> {
        match connect_async(upgrade(address, path, token)).await {
            Ok((socket, _)) => Some(Self { socket }),
            Err(Error::Http(refused)) => panic!("refused: {}", refused.status()),
            Err(_) => None,
        }
    }

    /// Connects, unless the service is gone, or has no database now and says so.
    pub async fn try_connect_amid_faults(
        address: SocketAddr,
        path: &str,
        token: &str,
    ) -> Option<Self> {
        match connect_async(upgrade(address, path, token)).await {
            Ok((socket, _)) => Some(Self { socket }),
            Err(Error::Http(refused)) if !refused.status().is_server_error() => {
                panic!("refused: {}", refused.status())
            }
            Err(_) => None,
        }
    }

    /// A connection that was upgraded by hand.
    pub(crate) async fn from_upgraded(stream: TcpStream) -> Self {
        let stream = MaybeTlsStream::Plain(stream);
        let socket = WebSocketStream::from_raw_socket(stream, Role::Client, None).await;
        Self { socket }
    }

    /// Sends a frame.
    pub async fn send(&mut self, message: Message) {
        let sent = self.socket.send(message).await;
        sent.expect("the connection is open");
    }

    /// Sends a text frame.
    pub async fn send_text(&mut self, text: &str) {
        self.send(Message::text(text)).await;
    }

    /// Sends a request as it is, unless the connection is broken.
    pub async fn try_send(&mut self, request: &Value) -> Option<()> {
        let sent = self.socket.send(Message::text(request.to_string())).await;
        sent.ok()
    }

    /// Sends an action with a new `request_id`, and returns that.
    pub async fn send_action(&mut self, mut action: Value) -> i64 {
        let id = LAST_REQUEST_ID.fetch_add(1, Ordering::Relaxed) + 1;
        action["request_id"] = json!(id);
        self.send_text(&action.to_string()).await;
        id
    }

    /// Sends an action and returns the next frame, which must be its response.
    pub async fn request(&mut self, action: Value) -> Value {
        let id = self.send_action(action).await;
        let response = self.receive().await;
        assert_eq!(
            response["request_id"],
            json!(id),
            "another frame came before the response: {response}"
        );
        response
    }

    /// Sends an action and returns its response. Skips the events before it.
    pub async fn request_amid_events(&mut self, action: Value) -> Value {
        let id = self.send_action(action).await;
        loop {
            let frame = self.receive().await;
            if frame["request_id"] == id {
                return frame;
            }
        }
    }

    /// The next frame, without pings and pongs.
    pub async fn receive_frame(&mut self) -> Message {
        loop {
            let frame = timeout(TIMEOUT, self.socket.next()).await;
            match frame.expect("a frame in time").expect("an open connection") {
                Ok(Message::Ping(_) | Message::Pong(_)) => {}
                Ok(frame) => {
                    if let Message::Text(text) = &frame {
                        schema::check(text);
                    }
                    return frame;
                }
                Err(error) => panic!("the connection broke: {error}"),
            }
        }
    }

    /// The bytes of the next frame, which must be text.
    pub async fn receive_text(&mut self) -> String {
        match self.receive_frame().await {
            Message::Text(text) => text.to_string(),
            other => panic!("not a text frame: {other:?}"),
        }
    }

    /// The next frame, which must be JSON.
    pub async fn receive(&mut self) -> Value {
        let text = self.receive_text().await;
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error} in {text}"))
    }

    /// The `data` of the next frame with this action. Other frames are skipped.
    pub async fn receive_action(&mut self, action: &str) -> Value {
        loop {
            let mut frame = self.receive().await;
            if frame["action"] == action {
                return frame["data"].take();
            }
        }
    }

    /// The next text frame, or `None` at the end of the connection, clean or not.
    ///
    /// It is not checked against the schemas: storms of many readers would be slow.
    pub async fn try_receive(&mut self) -> Option<Value> {
        loop {
            match self.socket.next().await?.ok()? {
                Message::Text(text) => return Some(serde_json::from_str(&text).expect("JSON")),
                Message::Close(_) => return None,
                _ => {}
            }
        }
    }

    /// Every frame until the server closes, and the close code if there is one.
    pub async fn receive_until_close(&mut self) -> (Vec<Value>, Option<u16>) {
        let mut received = Vec::new();
        loop {
            let frame = timeout(TIMEOUT, self.socket.next()).await;
            match frame.expect("a close in time") {
                Some(Ok(Message::Text(text))) => {
                    schema::check(&text);
                    received.push(serde_json::from_str(&text).expect("JSON"));
                }
                Some(Ok(Message::Close(close))) => return (received, code(close)),
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return (received, None),
            }
        }
    }

    /// Skips frames until the server closes; returns the close code if there is one.
    pub async fn close_code(&mut self) -> Option<u16> {
        self.receive_until_close().await.1
    }

    /// Joins a room.
    pub async fn join(&mut self, room: i64) -> Value {
        self.joined(json!({"action": "join_room", "room_pk": room}))
            .await
    }

    /// Joins a room of which the last event received was `since`.
    pub async fn join_since(&mut self, room: i64, since: i64) -> Value {
        self.joined(json!({"action": "join_room", "room_pk": room, "since_seq": since}))
            .await
    }

    async fn joined(&mut self, join: Value) -> Value {
        let response = self.request(join).await;
        assert_eq!(response["response_status"], 200, "{response}");
        response
    }

    /// Creates a message in the joined room.
    pub async fn create(&mut self, text: &str) -> Value {
        let response = self.request(requests::create(text)).await;
        assert_eq!(response["response_status"], 201, "{response}");
        response
    }

    /// Sends an action that must be refused; checks shape, status and code.
    pub async fn expect_refusal(&mut self, action: Value, status: u16, code: &str) {
        let refusal = self.request(action.clone()).await;
        assert_eq!(refusal["response_status"], status, "{action}: {refusal}");
        assert_eq!(refusal["error_code"], code, "{action}: {refusal}");
        assert_eq!(refusal["data"], Value::Null, "{action}: {refusal}");
        assert_eq!(
            refusal["errors"].as_array().map(Vec::len),
            Some(1),
            "{action}: {refusal}"
        );
    }

    /// Checks that no frame was waiting, and that the connection still works.
    pub async fn expect_silence(&mut self) {
        let response = self.request(json!({"action": "list"})).await;
        assert_eq!(response["response_status"], 200, "{response}");
    }
}

fn upgrade(address: SocketAddr, path: &str, token: &str) -> Request {
    let url = format!("ws://{address}{path}");
    let mut request = url.into_client_request().expect("a request");
    let bearer = format!("Bearer {token}");
    for (name, value) in [
        ("Origin", "http://localhost:80"),
        ("Authorization", bearer.as_str()),
    ] {
        let value = value.parse().expect("a header");
        request.headers_mut().insert(name, value);
    }
    request
}

fn code(close: Option<CloseFrame>) -> Option<u16> {
    close.map(|close| close.code.into())
}
