// Below this file, to come along with it wherever it is used.
#[path = "contract.rs"]
pub(super) mod contract;

use std::{
    net::SocketAddr,
    sync::atomic::{AtomicI64, Ordering},
    time::Duration,
};

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async,
    tungstenite::{Message, client::IntoClientRequest, protocol::Role},
};

/// Longer than anything here takes; a story that waits for it has failed.
pub(super) const PATIENCE: Duration = Duration::from_secs(10);

/// A WebSocket client of somebody else's making.
pub struct Client {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
}

/// Shared by all clients: no client takes another's frame for its answer.
static LAST_ID: AtomicI64 = AtomicI64::new(0);

impl Client {
    pub async fn connect(address: SocketAddr, path: &str, token: &str) -> Self {
        let mut request = format!("ws://{address}{path}")
            .into_client_request()
            .expect("a request");
        let headers = request.headers_mut();
        headers.insert("Origin", "http://localhost:80".parse().expect("a header"));
        headers.insert(
            "Authorization",
            format!("Bearer {token}").parse().expect("a header"),
        );
        let connected = tokio::time::timeout(PATIENCE, connect_async(request)).await;
        let (socket, _) = connected.expect("an answer in time").expect("a handshake");
        Self { socket }
    }

    /// A connection whose handshake was made by hand.
    pub(super) async fn over(stream: TcpStream) -> Self {
        let stream = MaybeTlsStream::Plain(stream);
        let socket = WebSocketStream::from_raw_socket(stream, Role::Client, None).await;
        Self { socket }
    }

    pub async fn send(&mut self, message: Message) {
        self.socket
            .send(message)
            .await
            .expect("the connection is open");
    }

    pub async fn send_text(&mut self, text: &str) {
        self.send(Message::text(text)).await;
    }

    /// The next frame, pings and pongs aside.
    pub async fn frame(&mut self) -> Message {
        loop {
            let frame = tokio::time::timeout(PATIENCE, self.socket.next()).await;
            match frame.expect("a frame in time").expect("an open connection") {
                Ok(Message::Ping(_) | Message::Pong(_)) => {}
                Ok(frame) => {
                    if let Message::Text(text) = &frame {
                        contract::check(text);
                    }
                    return frame;
                }
                Err(error) => panic!("the connection broke: {error}"),
            }
        }
    }

    /// The next frame, which is text, to the byte.
    pub async fn text(&mut self) -> String {
        match self.frame().await {
            Message::Text(text) => text.to_string(),
            other => panic!("not a text frame: {other:?}"),
        }
    }

    /// The next frame, as JSON.
    pub async fn hear(&mut self) -> Value {
        let text = self.text().await;
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error} in {text}"))
    }

    /// Sends an action, with a `request_id` of its own, and returns that.
    pub async fn request(&mut self, mut action: Value) -> i64 {
        let id = LAST_ID.fetch_add(1, Ordering::Relaxed) + 1;
        action["request_id"] = json!(id);
        self.send_text(&action.to_string()).await;
        id
    }

    /// Sends an action and returns the next frame, which must be its answer.
    pub async fn ask(&mut self, action: Value) -> Value {
        let id = self.request(action).await;
        let answer = self.hear().await;
        assert_eq!(answer["request_id"], json!(id), "not the answer: {answer}");
        answer
    }

    /// Sends an action and returns its answer, whatever is heard before.
    pub async fn ask_amid(&mut self, action: Value) -> Value {
        let id = self.request(action).await;
        loop {
            let frame = self.hear().await;
            if frame["request_id"] == id {
                return frame;
            }
        }
    }

    pub async fn join(&mut self, room: i64) -> Value {
        let answer = self
            .ask(json!({"action": "join_room", "room_pk": room}))
            .await;
        assert_eq!(answer["response_status"], 200, "{answer}");
        answer
    }

    /// Joins a room in which the change `since` was heard last.
    pub async fn join_since(&mut self, room: i64, since: i64) -> Value {
        let join = json!({"action": "join_room", "room_pk": room, "since_seq": since});
        let answer = self.ask(join).await;
        assert_eq!(answer["response_status"], 200, "{answer}");
        answer
    }

    pub async fn create(&mut self, text: &str) -> Value {
        let answer = self
            .ask(json!({"action": "create_message", "msg_text": text}))
            .await;
        assert_eq!(answer["response_status"], 201, "{answer}");
        answer
    }

    /// Asks for something that is refused; checks the frame's shape, status and
    /// code.
    pub async fn refused(&mut self, action: Value, status: u16, code: &str) {
        let answer = self.ask(action.clone()).await;
        assert_eq!(answer["response_status"], status, "{action}: {answer}");
        assert_eq!(answer["error_code"], code, "{action}: {answer}");
        assert_eq!(answer["data"], Value::Null, "{action}: {answer}");
        assert_eq!(
            answer["errors"].as_array().map(Vec::len),
            Some(1),
            "{action}: {answer}"
        );
    }

    /// Nothing was waiting to be heard, and the connection still works.
    pub async fn hears_nothing(&mut self) {
        let answer = self.ask(json!({"action": "list"})).await;
        assert_eq!(answer["response_status"], 200, "{answer}");
    }

    /// Reads on until the server closes; returns the close code, if it gave one.
    pub async fn close_code(&mut self) -> Option<u16> {
        self.until_closed().await.1
    }

    /// What is heard before the server closes, and the close code, if it gave
    /// one.
    pub async fn until_closed(&mut self) -> (Vec<Value>, Option<u16>) {
        let mut heard = Vec::new();
        loop {
            let frame = tokio::time::timeout(PATIENCE, self.socket.next()).await;
            match frame.expect("a close in time") {
                Some(Ok(Message::Text(text))) => {
                    contract::check(&text);
                    heard.push(serde_json::from_str(&text).expect("JSON"));
                }
                Some(Ok(Message::Close(close))) => {
                    return (heard, close.map(|close| close.code.into()));
                }
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return (heard, None),
            }
        }
    }
}
