//! A connection whose frames are made and read by hand, at any pace.

use std::{net::SocketAddr, time::Duration};

use aftermatch_test_support::{HttpRequest, TIMEOUT, masked, token_for};
use serde_json::Value;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, BufReader, Result},
    net::tcp::{OwnedReadHalf, OwnedWriteHalf},
    time::{sleep, timeout},
};

use crate::bytes::{PONG, text};

/// Bytes after which a slow reader pauses.
const CHUNK: usize = 64 * 1024;

/// It does not pause after frames that are shorter than this.
const LONG: usize = 16 * 1024;

pub struct Socket {
    reader: BufReader<OwnedReadHalf>,
    writer: OwnedWriteHalf,
    pause: Duration,
}

/// What the service sends.
#[derive(Debug, PartialEq, Eq)]
pub enum Incoming {
    /// A message, of one frame or of several.
    Text(String),
    Ping(Vec<u8>),
    Pong(Vec<u8>),
    Close(u16, String),
    /// The connection ended without a close frame.
    End,
}

impl Socket {
    /// A connection of `user` to `/ws/chat/`.
    pub async fn chat(address: SocketAddr, user: i64) -> Self {
        Self::connect(address, "/ws/chat/", user).await
    }

    pub async fn connect(address: SocketAddr, path: &str, user: i64) -> Self {
        let request = HttpRequest::websocket(path).bearer(&token_for(user));
        let stream = request.send(address).await.raw().into_stream();
        let (reader, writer) = stream.into_split();
        Self {
            reader: BufReader::new(reader),
            writer,
            pause: Duration::ZERO,
        }
    }

    /// From now on, this pause comes after each 64 KiB, and after each long frame.
    pub fn read_slowly(&mut self, pause: Duration) {
        self.pause = pause;
    }

    pub async fn send(&mut self, bytes: &[u8]) {
        let sent = self.writer.write_all(bytes).await;
        sent.expect("an open connection");
    }

    pub async fn send_text(&mut self, json: &str) {
        self.send(&text(json)).await;
    }

    /// Sends bytes again and again and reads what comes, until the service ends that.
    pub async fn flood(mut self, bytes: &[u8]) -> Incoming {
        let (reader, writer) = (&mut self.reader, &mut self.writer);
        let reading = async {
            loop {
                let incoming = next(reader, Duration::ZERO).await;
                if let Ok(Incoming::Close(..)) | Err(_) = incoming {
                    return incoming.unwrap_or(Incoming::End);
                }
            }
        };
        let writing = async {
            while writer.write_all(bytes).await.is_ok() {}
            // The reason comes to the reader.
            std::future::pending::<()>().await;
        };
        tokio::select! {
            incoming = reading => incoming,
            () = writing => Incoming::End,
        }
    }

    /// What comes next, as it comes.
    pub async fn receive(&mut self) -> Incoming {
        let incoming = timeout(2 * TIMEOUT, next(&mut self.reader, self.pause)).await;
        incoming
            .expect("something in time")
            .unwrap_or(Incoming::End)
    }

    /// The next message. Answers the pings before it.
    pub async fn receive_json(&mut self) -> Value {
        loop {
            match self.receive().await {
                Incoming::Text(text) => return serde_json::from_str(&text).expect("JSON"),
                Incoming::Ping(payload) => self.send(&masked(PONG, &payload)).await,
                Incoming::Pong(_) => {}
                ended => panic!("{ended:?}"),
            }
        }
    }

    /// Sends a request and returns its response, the next message.
    pub async fn request(&mut self, json: &str) -> Value {
        self.send_text(json).await;
        self.receive_json().await
    }

    /// Skips messages, pings and pongs.
    pub async fn receive_close(&mut self) -> Incoming {
        loop {
            let incoming = self.receive().await;
            if let Incoming::Close(..) | Incoming::End = incoming {
                return incoming;
            }
        }
    }
}

/// How the service ends a connection on which too much comes.
pub fn too_many_requests() -> Incoming {
    Incoming::Close(4429, "too many requests: send fewer".to_owned())
}

async fn next(reader: &mut BufReader<OwnedReadHalf>, pause: Duration) -> Result<Incoming> {
    let mut message = Vec::new();
    loop {
        let first = reader.read_u8().await?;
        let length = match reader.read_u8().await? {
            126 => reader.read_u16().await?.into(),
            127 => reader.read_u64().await?,
            length => length.into(),
        };
        let payload = read(reader, length as usize, pause).await?;
        match first {
            // A text or its beginning, and more of it.
            0x81 | 0x01 | 0x80 | 0x00 => {
                let begins = first & 0x0F != 0;
                assert_eq!(begins, message.is_empty(), "a message within another");
                message.extend(payload);
                if first & 0x80 != 0 {
                    return Ok(Incoming::Text(String::from_utf8(message).expect("UTF-8")));
                }
            }
            // These may come between the fragments of a message. A message that goes on
            // cannot be given back here.
            0x89 | 0x8A if !message.is_empty() => {}
            0x89 => return Ok(Incoming::Ping(payload)),
            0x8A => return Ok(Incoming::Pong(payload)),
            0x88 => {
                let code = u16::from_be_bytes([payload[0], payload[1]]);
                let reason = String::from_utf8_lossy(&payload[2..]).into_owned();
                return Ok(Incoming::Close(code, reason));
            }
            other => panic!("a frame that begins with {other:#x}"),
        }
    }
}

async fn read(
    reader: &mut BufReader<OwnedReadHalf>,
    length: usize,
    pause: Duration,
) -> Result<Vec<u8>> {
    let mut payload = vec![0; length];
    for chunk in payload.chunks_mut(CHUNK) {
        reader.read_exact(chunk).await?;
        if !pause.is_zero() && length >= LONG {
            sleep(pause).await;
        }
    }
    Ok(payload)
}
