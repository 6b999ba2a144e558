//! Takes TCP connections, with what poem's own listener leaves out: no delay for
//! small writes, a time limit for the handshake, and patience when file
//! descriptors run out.
//!
//! A connection is read and written by poem until it has become a WebSocket, and
//! then by its session alone, which takes its [`Wire`] out of [`Wires`].

use std::{
    collections::HashMap,
    io,
    net::SocketAddr,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
    time::Duration,
};

use parking_lot::Mutex;
use poem::{
    Addr,
    http::uri::Scheme,
    web::{LocalAddr, RemoteAddr},
};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::{
        TcpListener, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    time::{Sleep, sleep},
};

/// How long to wait before asking again when the system has no descriptor left:
/// asking at once would keep a core busy with refusals.
const OUT_OF_DESCRIPTORS: Duration = Duration::from_millis(100);

/// The two ends of a connection. What is written to one end is shared by all
/// who have something to tell there.
#[derive(Clone)]
pub(crate) struct Wire {
    /// Gone when the session has it.
    reader: Arc<Mutex<Option<OwnedReadHalf>>>,
    pub(crate) writer: Arc<OwnedWriteHalf>,
}

impl Wire {
    fn new(stream: TcpStream) -> Self {
        let (reader, writer) = stream.into_split();
        Self {
            reader: Arc::new(Mutex::new(Some(reader))),
            writer: Arc::new(writer),
        }
    }

    /// Takes the reading end, once.
    pub(crate) fn take_reader(&self) -> Option<OwnedReadHalf> {
        self.reader.lock().take()
    }
}

/// The connections that are no WebSocket yet, by who is on the other side. poem
/// leaves no other way from a request to its connection.
#[derive(Default)]
pub(crate) struct Wires(Mutex<HashMap<SocketAddr, Wire>>);

impl Wires {
    /// Takes the connection on which a request came.
    pub(crate) fn take(&self, remote: &RemoteAddr) -> Option<Wire> {
        match &remote.0 {
            Addr::SocketAddr(remote) => self.0.lock().remove(remote),
            _ => None,
        }
    }

    fn forget(&self, remote: SocketAddr, wire: &Wire) {
        let mut wires = self.0.lock();
        // By now another connection may have come from there.
        if wires
            .get(&remote)
            .is_some_and(|there| Arc::ptr_eq(&there.writer, &wire.writer))
        {
            wires.remove(&remote);
        }
    }
}

pub(crate) struct Acceptor {
    listener: TcpListener,
    local: LocalAddr,
    handshake: Duration,
    wires: Arc<Wires>,
}

impl Acceptor {
    pub(crate) fn new(
        listener: TcpListener,
        handshake: Duration,
        wires: Arc<Wires>,
    ) -> io::Result<Self> {
        Ok(Self {
            local: LocalAddr(listener.local_addr()?.into()),
            listener,
            handshake,
            wires,
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
                    let wire = Wire::new(stream);
                    self.wires.0.lock().insert(remote, wire.clone());
                    let connection = Connection {
                        wire,
                        deadline: Some(Box::pin(sleep(self.handshake))),
                        remote,
                        wires: self.wires.clone(),
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

/// A connection as poem has it: until it is a WebSocket, which it has to become
/// in time. Whatever else is going on on it when its time is over is cut off.
pub(crate) struct Connection {
    wire: Wire,
    deadline: Option<Pin<Box<Sleep>>>,
    remote: SocketAddr,
    wires: Arc<Wires>,
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

impl Drop for Connection {
    fn drop(&mut self) {
        self.wires.forget(self.remote, &self.wire);
    }
}

impl AsyncRead for Connection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.poll_deadline(context)?;
        match &mut *self.wire.reader.lock() {
            Some(reader) => Pin::new(reader).poll_read(context, buffer),
            // What comes now is the session's.
            None => Poll::Pending,
        }
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
        let stream: &TcpStream = (*self.wire.writer).as_ref();
        loop {
            ready!(stream.poll_write_ready(context))?;
            match stream.try_write(bytes) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                written => return Poll::Ready(written),
            }
        }
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        // Done where the last who has the writing end drops it.
        Poll::Ready(Ok(()))
    }
}
