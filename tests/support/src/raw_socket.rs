//! A socket for bytes and frames that a WebSocket library would hide or refuse to send.

use std::{io, net::SocketAddr};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpSocket, TcpStream},
    time::timeout,
};

use crate::{TIMEOUT, schema};

/// A TCP connection, plain or upgraded by an [`HttpRequest`](crate::HttpRequest).
pub struct RawSocket(TcpStream);

impl RawSocket {
    /// Connects and sends nothing.
    pub async fn connect(address: SocketAddr) -> Self {
        let connected = timeout(TIMEOUT, TcpStream::connect(address)).await;
        Self(connected.expect("connected in time").expect("a connection"))
    }

    /// Connects from this address and port of this machine, even if another connection
    /// uses them.
    pub async fn connect_from(source: SocketAddr, address: SocketAddr) -> Self {
        let socket = TcpSocket::new_v4().expect("a socket");
        socket.set_reuseaddr(true).expect("a shared port");
        socket.bind(source).expect("a free port");
        let connected = timeout(TIMEOUT, socket.connect(address)).await;
        Self(connected.expect("connected in time").expect("a connection"))
    }

    /// A new connection on which `bytes` were sent. The service may have closed it
    /// already.
    pub async fn sent(address: SocketAddr, bytes: &[u8]) -> Self {
        let mut socket = Self::connect(address).await;
        let _ = socket.0.write_all(bytes).await;
        socket
    }

    /// This side's address.
    pub fn local_address(&self) -> SocketAddr {
        self.0.local_addr().expect("an address")
    }

    /// Receives bytes until they contain `end`.
    pub async fn receive_until(&mut self, end: &str) -> String {
        let mut received = Vec::new();
        let receiving = async {
            loop {
                received.push(self.0.read_u8().await.expect("an open connection"));
                let text = String::from_utf8_lossy(&received);
                if text.contains(end) {
                    return text.into_owned();
                }
            }
        };
        timeout(TIMEOUT, receiving).await.expect("it in time")
    }

    /// The socket itself.
    pub fn into_stream(self) -> TcpStream {
        self.0
    }

    pub(crate) fn from_upgraded(stream: TcpStream) -> Self {
        Self(stream)
    }

    /// Sends bytes as they are.
    pub async fn send(&mut self, bytes: &[u8]) {
        self.0.write_all(bytes).await.expect("an open connection");
    }

    /// The next frame: its first byte, and its payload.
    pub async fn receive_frame(&mut self) -> (u8, Vec<u8>) {
        let frame = async {
            let first = self.0.read_u8().await?;
            let length = match self.0.read_u8().await? {
                126 => self.0.read_u16().await?.into(),
                127 => self.0.read_u64().await?,
                length => length.into(),
            };
            let mut payload = vec![0; usize::try_from(length).expect("a length")];
            self.0.read_exact(&mut payload).await?;
            io::Result::Ok((first, payload))
        };
        let frame = timeout(TIMEOUT, frame).await.expect("a frame in time");
        frame.expect("an open connection")
    }

    /// The bytes of the next frame, which must be text.
    pub async fn receive_text(&mut self) -> String {
        let (first, payload) = self.receive_frame().await;
        assert_eq!(first, 0x81, "not a text frame: {payload:x?}");
        let text = String::from_utf8(payload).expect("UTF-8");
        schema::check(&text);
        text
    }

    /// The code of the next frame, which must be a close frame.
    pub async fn receive_close_code(&mut self) -> u16 {
        let (first, payload) = self.receive_frame().await;
        assert_eq!(first, 0x88, "not a close frame: {payload:x?}");
        u16::from_be_bytes([payload[0], payload[1]])
    }

    /// Everything that arrives until the connection ends, cleanly or not.
    pub async fn receive_to_end(mut self) -> Vec<u8> {
        let mut rest = Vec::new();
        let end = timeout(TIMEOUT, self.0.read_to_end(&mut rest)).await;
        // A reset is an end too.
        let _ = end.expect("an end in time");
        rest
    }

    /// Checks that the connection ends and that nothing more arrives.
    pub async fn expect_end(self) {
        assert_eq!(self.receive_to_end().await, b"");
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
    let key = KEY.iter().cycle();
    frame.extend(payload.iter().zip(key).map(|(byte, key)| byte ^ key));
    frame
}
