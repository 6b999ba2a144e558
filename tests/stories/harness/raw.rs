//! HTTP and WebSocket frames by hand, for what a library would hide or refuse
//! to send.

use std::net::SocketAddr;

use serde_json::Value;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

use super::{
    Client,
    client::{PATIENCE, contract},
};

/// A request for a WebSocket, header by header.
pub struct Handshake {
    text: String,
}

impl Handshake {
    /// Everything that is needed, but for a token.
    pub fn to(path: &str) -> Self {
        Self::bare("GET", path)
            .with("Connection", "Upgrade")
            .with("Upgrade", "websocket")
            .with("Sec-WebSocket-Version", "13")
            .with("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==")
            .with("Origin", "http://localhost:80")
    }

    /// A request without a header that means anything.
    pub fn bare(method: &str, path: &str) -> Self {
        Self {
            text: format!("{method} {path} HTTP/1.1\r\nHost: localhost\r\n"),
        }
    }

    /// Adds a header, even where it is there already.
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.text += &format!("{name}: {value}\r\n");
        self
    }

    /// Takes a header out.
    pub fn without(mut self, name: &str) -> Self {
        let begin = format!("{name}: ");
        let lines = self.text.split_inclusive("\r\n");
        self.text = lines.filter(|line| !line.starts_with(&begin)).collect();
        self
    }

    pub fn bearing(self, token: &str) -> Self {
        self.with("Authorization", &format!("Bearer {token}"))
    }

    pub async fn send(self, address: SocketAddr) -> HttpAnswer {
        let answer = async {
            let mut stream = TcpStream::connect(address).await.expect("a connection");
            let request = self.text + "\r\n";
            stream
                .write_all(request.as_bytes())
                .await
                .expect("an open connection");
            HttpAnswer::read(stream).await
        };
        timeout(PATIENCE, answer).await.expect("an answer in time")
    }
}

/// What came back: status line and headers as they came, and the body.
pub struct HttpAnswer {
    pub status: u16,
    pub head: String,
    pub body: String,
    stream: TcpStream,
}

impl HttpAnswer {
    async fn read(mut stream: TcpStream) -> Self {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(stream.read_u8().await.expect("a whole answer"));
        }
        let mut answer = Self {
            status: 0,
            head: String::from_utf8(head).expect("plain text"),
            body: String::new(),
            stream,
        };
        let status = answer
            .head
            .split(' ')
            .nth(1)
            .and_then(|word| word.parse().ok());
        answer.status = status.expect("a status");
        let length = answer
            .header("content-length")
            .map_or(0, |length| length.parse().expect("a number"));
        let mut body = vec![0; length];
        answer
            .stream
            .read_exact(&mut body)
            .await
            .expect("a whole body");
        answer.body = String::from_utf8(body).expect("plain text");
        answer
    }

    /// The value of a header that is there once.
    pub fn header(&self, name: &str) -> Option<&str> {
        let lines = self.head.lines().filter_map(|line| line.split_once(": "));
        let mut values = lines.filter(|(key, _)| key.eq_ignore_ascii_case(name));
        let value = values.next();
        assert!(values.next().is_none(), "{name} comes twice: {}", self.head);
        value.map(|(_, value)| value)
    }

    /// Checks that this is a refusal with one sentence in a JSON body.
    pub fn is_refused(&self, status: u16, case: &str) {
        assert_eq!(self.status, status, "{case}: {}", self.body);
        assert_eq!(
            self.header("content-type"),
            Some("application/json"),
            "{case}"
        );
        let body: Value = serde_json::from_str(&self.body).expect("JSON");
        assert_eq!(
            body.as_object().map(|body| body.len()),
            Some(1),
            "{case}: {body}"
        );
        let errors = body["errors"].as_array().expect("a list");
        let told = errors
            .first()
            .and_then(Value::as_str)
            .is_some_and(|first| !first.is_empty());
        assert!(told && errors.len() == 1, "{case}: {body}");
    }

    /// The open connection.
    pub async fn client(self) -> Client {
        Client::over(self.opened()).await
    }

    /// The open connection, for frames by hand.
    pub fn raw(self) -> Raw {
        Raw(self.opened())
    }

    fn opened(self) -> TcpStream {
        assert_eq!(self.status, 101, "{}", self.body);
        self.stream
    }
}

/// A WebSocket whose frames are put together by hand.
pub struct Raw(TcpStream);

impl Raw {
    pub async fn send(&mut self, bytes: &[u8]) {
        self.0.write_all(bytes).await.expect("an open connection");
    }

    /// The next frame: its first byte, and its payload.
    pub async fn frame(&mut self) -> (u8, Vec<u8>) {
        let frame = async {
            let first = self.0.read_u8().await?;
            let length = match self.0.read_u8().await? {
                126 => self.0.read_u16().await?.into(),
                127 => self.0.read_u64().await?,
                length => length.into(),
            };
            let mut payload = vec![0; usize::try_from(length).expect("a length")];
            self.0.read_exact(&mut payload).await?;
            std::io::Result::Ok((first, payload))
        };
        timeout(PATIENCE, frame)
            .await
            .expect("a frame in time")
            .expect("an open connection")
    }

    /// The next frame, which is text, to the byte.
    pub async fn text(&mut self) -> String {
        let (first, payload) = self.frame().await;
        assert_eq!(first, 0x81, "not a text frame: {payload:x?}");
        let text = String::from_utf8(payload).expect("UTF-8");
        contract::check(&text);
        text
    }

    /// Checks that nothing more comes: the connection is over.
    pub async fn ends(mut self) {
        let mut rest = Vec::new();
        let end = timeout(PATIENCE, self.0.read_to_end(&mut rest)).await;
        // Cut off or ended in order: the client sees an end either way.
        let _ = end.expect("an end in time");
        assert_eq!(rest, b"");
    }

    /// The code of the next frame, which is a close.
    pub async fn close_code(&mut self) -> u16 {
        let (first, payload) = self.frame().await;
        assert_eq!(first, 0x88, "not a close frame: {payload:x?}");
        u16::from_be_bytes([payload[0], payload[1]])
    }
}

/// A client's frame with this first byte.
pub fn masked(first: u8, payload: &[u8]) -> Vec<u8> {
    const KEY: [u8; 4] = [0x37, 0xfa, 0x21, 0x3d];
    let length = payload.len();
    let mut frame = match length {
        0..=125 => vec![first, 0x80 | length as u8],
        126..=0xFFFF => [&[first, 0xFE][..], &(length as u16).to_be_bytes()].concat(),
        _ => [&[first, 0xFF][..], &(length as u64).to_be_bytes()].concat(),
    };
    frame.extend(KEY);
    frame.extend(
        payload
            .iter()
            .zip(KEY.iter().cycle())
            .map(|(byte, key)| byte ^ key),
    );
    frame
}
