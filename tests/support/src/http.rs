//! HTTP by hand: requests header by header, and responses as they came.

use std::net::SocketAddr;

use serde_json::Value;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

use crate::{Client, RawSocket, TIMEOUT};

/// The response to `GET path`.
pub async fn get(address: SocketAddr, path: &str) -> HttpResponse {
    HttpRequest::new("GET", path).send(address).await
}

/// A request, header by header.
pub struct HttpRequest {
    head: String,
    body: String,
}

impl HttpRequest {
    /// A request with nothing but `Host: localhost`.
    pub fn new(method: &str, path: &str) -> Self {
        Self {
            head: format!("{method} {path} HTTP/1.1\r\nHost: localhost\r\n"),
            body: String::new(),
        }
    }

    /// A WebSocket handshake that lacks only a token.
    pub fn websocket(path: &str) -> Self {
        Self::new("GET", path)
            .header("Connection", "Upgrade")
            .header("Upgrade", "websocket")
            .header("Sec-WebSocket-Version", "13")
            .header("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==")
            .header("Origin", "http://localhost:80")
    }

    /// Adds a header, even if there is one of this name.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.head += &format!("{name}: {value}\r\n");
        self
    }

    /// Removes a header.
    pub fn without(mut self, name: &str) -> Self {
        let begin = format!("{name}: ");
        let lines = self.head.split_inclusive("\r\n");
        self.head = lines.filter(|line| !line.starts_with(&begin)).collect();
        self
    }

    /// Adds an access token.
    pub fn bearer(self, token: &str) -> Self {
        self.header("Authorization", &format!("Bearer {token}"))
    }

    /// Adds a body of JSON.
    pub fn json(self, body: impl Into<String>) -> Self {
        let body = body.into();
        let length = body.len().to_string();
        let with_head = self
            .header("Content-Type", "application/json")
            .header("Content-Length", &length);
        Self { body, ..with_head }
    }

    /// The bytes of the request.
    pub fn bytes(self) -> Vec<u8> {
        (self.head + "\r\n" + &self.body).into_bytes()
    }

    /// Sends the request on a new connection.
    pub async fn send(self, address: SocketAddr) -> HttpResponse {
        let response = async {
            let mut stream = TcpStream::connect(address).await.expect("a connection");
            let sent = stream.write_all(&self.bytes()).await;
            sent.expect("an open connection");
            HttpResponse::read(stream).await
        };
        let response = timeout(TIMEOUT, response).await;
        response.expect("a response in time")
    }
}

/// A response: status line and headers as they came, and the body.
pub struct HttpResponse {
    /// The status.
    pub status: u16,
    /// The status line and the headers.
    pub head: String,
    /// The body.
    pub body: String,
    stream: TcpStream,
}

impl HttpResponse {
    async fn read(mut stream: TcpStream) -> Self {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(stream.read_u8().await.expect("a whole head"));
        }
        let head = String::from_utf8(head).expect("plain text");
        let status = head
            .split(' ')
            .nth(1)
            .and_then(|status| status.parse().ok());
        let mut response = Self {
            status: status.expect("a status"),
            head,
            body: String::new(),
            stream,
        };
        let length = response.header("content-length");
        let length = length.map_or(0, |length| length.parse().expect("a number"));
        let mut body = vec![0; length];
        let read = response.stream.read_exact(&mut body).await;
        read.expect("a whole body");
        response.body = String::from_utf8(body).expect("plain text");
        response
    }

    /// The value of a header. Fails if the header is there twice.
    pub fn header(&self, name: &str) -> Option<&str> {
        let lines = self.head.lines().filter_map(|line| line.split_once(": "));
        let mut values = lines.filter(|(key, _)| key.eq_ignore_ascii_case(name));
        let value = values.next();
        assert!(values.next().is_none(), "{name} twice: {}", self.head);
        value.map(|(_, value)| value)
    }

    /// Checks that this is a refusal with one sentence in a JSON body.
    pub fn expect_refusal(&self, status: u16, case: &str) {
        assert_eq!(self.status, status, "{case}: {}", self.body);
        let kind = self.header("content-type");
        assert_eq!(kind, Some("application/json"), "{case}");
        let body: Value = serde_json::from_str(&self.body).expect("JSON");
        let keys = body.as_object().map(|body| body.len());
        assert_eq!(keys, Some(1), "{case}: {body}");
        let errors = body["errors"].as_array().expect("a list");
        let [Value::String(sentence)] = errors.as_slice() else {
            panic!("{case}: {body}");
        };
        assert!(!sentence.is_empty(), "{case}: {body}");
    }

    /// The upgraded connection.
    pub async fn client(self) -> Client {
        Client::from_upgraded(self.upgraded()).await
    }

    /// The upgraded connection, for frames by hand.
    pub fn raw(self) -> RawSocket {
        RawSocket::from_upgraded(self.upgraded())
    }

    fn upgraded(self) -> TcpStream {
        assert_eq!(self.status, 101, "{}", self.body);
        self.stream
    }
}
