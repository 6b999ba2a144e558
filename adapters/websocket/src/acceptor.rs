//! Takes TCP connections, with what poem's own listener leaves out: no delay for
//! small writes, a time limit for the handshake, and patience when file
//! descriptors run out.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use poem::{
    http::uri::Scheme,
    web::{LocalAddr, RemoteAddr},
};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::{TcpListener, TcpStream},
    time::{Sleep, sleep},
};

/// How long to wait before asking again when the system has no descriptor left:
/// asking at once would keep a core busy with refusals.
const OUT_OF_DESCRIPTORS: Duration = Duration::from_millis(100);

pub(crate) struct Acceptor {
    listener: TcpListener,
    local: LocalAddr,
    handshake: Duration,
}

impl Acceptor {
    pub(crate) fn new(listener: TcpListener, handshake: Duration) -> io::Result<Self> {
        Ok(Self {
            local: LocalAddr(listener.local_addr()?.into()),
            listener,
            handshake,
        })
    }
}

impl poem::listener::Acceptor for Acceptor {
    type Io = Connection;

    fn local_addr(&self) -> Vec<LocalAddr> {
        vec![self.local.clone()]
    }

    async fn accept(&mut self) -> io::Result<(Connection, LocalAddr, RemoteAddr, Scheme)> {
        loop {
            match self.listener.accept().await {
                Ok((stream, remote)) => {
                    // A socket that is dead already says so at its first read.
                    let _ = stream.set_nodelay(true);
                    let connection = Connection {
                        stream,
                        deadline: Some(Box::pin(sleep(self.handshake))),
                    };
                    let remote = RemoteAddr(remote.into());
                    return Ok((connection, self.local.clone(), remote, Scheme::HTTP));
                }
                Err(error) if concerns_one_connection(&error) => {}
                Err(error) => {
                    tracing::error!(%error, "cannot accept connections for now");
                    sleep(OUT_OF_DESCRIPTORS).await;
                }
            }
        }
    }
}

fn concerns_one_connection(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionAborted
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::ConnectionRefused
    )
}

/// A TCP connection that has to become a WebSocket in time. Whatever else is
/// going on on it when its time is over is cut off.
pub(crate) struct Connection {
    stream: TcpStream,
    deadline: Option<Pin<Box<Sleep>>>,
}

impl Connection {
    fn poll_deadline(&mut self, context: &mut Context<'_>) -> io::Result<()> {
        let over = match &mut self.deadline {
            Some(deadline) => deadline.as_mut().poll(context).is_ready(),
            None => false,
        };
        if over {
            return Err(io::ErrorKind::TimedOut.into());
        }
        Ok(())
    }
}

impl AsyncRead for Connection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.poll_deadline(context)?;
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for Connection {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        if self.deadline.is_some() && bytes.starts_with(b"HTTP/1.1 101 ") {
            self.deadline = None;
        }
        self.poll_deadline(context)?;
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
