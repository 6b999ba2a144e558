//! A connection that may break, which is no failure of its test.

use std::net::SocketAddr;

use futures_util::{SinkExt, StreamExt};
use serde_json::Value;
use tokio::net::TcpStream;
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async,
    tungstenite::{Error, Message, client::IntoClientRequest},
};

use crate::service::token;

/// Its end, be it in order or not, is `None`. Dropped, it is cut off without a
/// word.
pub struct Socket(WebSocketStream<MaybeTlsStream<TcpStream>>);

impl Socket {
    /// Connects `user` to `/ws/chat/`. `None`: nobody is there, or not for long.
    pub async fn open(address: SocketAddr, user: i64) -> Option<Self> {
        let url = format!("ws://{address}/ws/chat/");
        let mut request = url.into_client_request().expect("a request");
        let headers = request.headers_mut();
        headers.insert("Origin", "http://localhost".parse().expect("a header"));
        let bearer = format!("Bearer {}", token(user));
        headers.insert("Authorization", bearer.parse().expect("a header"));
        match connect_async(request).await {
            Ok((socket, _)) => Some(Self(socket)),
            Err(Error::Http(refused)) => panic!("refused: {}", refused.status()),
            Err(_) => None,
        }
    }

    pub async fn send(&mut self, request: &Value) -> Option<()> {
        let sent = self.0.send(Message::text(request.to_string())).await;
        sent.ok()
    }

    /// The next frame.
    pub async fn next(&mut self) -> Option<Value> {
        loop {
            match self.0.next().await?.ok()? {
                Message::Text(text) => {
                    return Some(serde_json::from_str(&text).expect("JSON"));
                }
                Message::Close(_) => return None,
                _ => {}
            }
        }
    }
}
