//! A TCP connection that has become a WebSocket.

use aftermatch_protocol::close::Close;
use bytes::BytesMut;
use hyper::upgrade::Upgraded;
use hyper_util::rt::TokioIo;
use tokio::net::{
    TcpStream,
    tcp::{OwnedReadHalf, OwnedWriteHalf},
};

use super::frame;

/// More than a client sends before it has seen the response to its handshake.
const EARLY_BYTES: usize = 4 * 1024;

pub(crate) struct Socket {
    pub(crate) reader: OwnedReadHalf,
    pub(crate) writer: OwnedWriteHalf,
    /// What was read together with the handshake.
    pub(crate) early: BytesMut,
}

impl Socket {
    /// The TCP connection behind an upgraded HTTP connection.
    pub(crate) fn from_upgraded(upgraded: Upgraded) -> Option<Self> {
        let parts = upgraded.downcast::<TokioIo<TcpStream>>().ok()?;
        let (reader, writer) = parts.io.into_inner().into_split();
        Some(Self {
            reader,
            writer,
            // Copied, because the whole buffer of the HTTP connection would stay.
            early: BytesMut::from(&*parts.read_buf),
        })
    }

    /// Sends a close frame and closes, without waiting for the other side's.
    pub(crate) fn close_at_once(self, close: Close) {
        tracing::debug!(code = close.code, reason = close.reason, "closed");
        // Nothing else has been written, so the socket takes it as a whole.
        let _ = self
            .writer
            .try_write(&frame::close(close.code, close.reason));
        // With something unread, the system would reset the connection, and the
        // other side might never see the close frame.
        let _ = self.reader.try_read(&mut [0; EARLY_BYTES]);
    }
}

#[cfg(test)]
mod tests {
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt},
        net::TcpListener,
    };

    use super::*;

    #[tokio::test]
    async fn refused_socket_gets_close_frame_and_end() {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let (client, server) = tokio::join!(TcpStream::connect(address), listener.accept());
        let (mut client, server) = (client.expect("connected"), server.expect("accepted").0);
        client.write_all(b"early").await.expect("open");
        server.readable().await.expect("open");
        server.writable().await.expect("open");
        let (reader, writer) = server.into_split();
        let socket = Socket {
            reader,
            writer,
            early: BytesMut::new(),
        };
        socket.close_at_once(Close::try_later("full"));
        let mut received = Vec::new();
        let end = client.read_to_end(&mut received).await;
        end.expect("an orderly end, no reset");
        assert_eq!(received, b"\x88\x06\x03\xF5full");
    }
}
