//! One connection: reads all there is, tells its room, and keeps alive. It is one
//! task, and a silent connection holds no buffer.

use std::{
    future::poll_fn,
    io::{self, ErrorKind},
    mem::MaybeUninit,
    pin::{Pin, pin},
    slice::from_ref,
    sync::Arc,
    task::{Context, Poll, ready},
    time::Duration,
};

use bytes::Bytes;
use tokio::{
    io::{AsyncRead, ReadBuf},
    net::{TcpStream, tcp::OwnedReadHalf},
    time::{Instant, sleep},
};

use crate::{
    Relay, Room,
    peer::Peer,
    wire::{self, Incoming},
};

/// Reads are at most so long.
const BUFFER: usize = 32 * 1024;

/// As the service does.
const PING_INTERVAL: Duration = Duration::from_secs(25);

struct Connection {
    socket: OwnedReadHalf,
    peer: Arc<Peer>,
    relay: Arc<Relay>,
    room: Option<Room>,
    upgraded: bool,
    /// The beginning of what has not come whole yet.
    unread: Vec<u8>,
    /// Messages of one read, told together.
    created: Vec<Bytes>,
}

pub(crate) async fn run(stream: TcpStream, relay: Arc<Relay>) {
    let (socket, writer) = stream.into_split();
    let mut connection = Connection {
        socket,
        peer: Arc::new(Peer::new(writer, relay.max_outbox_bytes)),
        relay,
        room: None,
        upgraded: false,
        unread: Vec::new(),
        created: Vec::new(),
    };
    let mut ping = pin!(sleep(PING_INTERVAL));
    poll_fn(|context| {
        while ping.as_mut().poll(context).is_ready() {
            connection.peer.send(from_ref(&wire::PING));
            ping.as_mut().reset(Instant::now() + PING_INTERVAL);
        }
        let read = connection.poll_read(context);
        let written = connection.peer.poll_write(context);
        if read.is_ready() || written.is_ready() {
            return Poll::Ready(());
        }
        Poll::Pending
    })
    .await;
    connection.leave();
}

impl Connection {
    /// Reads and answers. Never done, but for an error.
    fn poll_read(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        loop {
            let mut buffer = [const { MaybeUninit::uninit() }; BUFFER];
            let mut buffer = ReadBuf::uninit(&mut buffer);
            ready!(Pin::new(&mut self.socket).poll_read(context, &mut buffer))?;
            let came = buffer.filled_mut();
            if came.is_empty() {
                return Poll::Ready(Err(ErrorKind::UnexpectedEof.into()));
            }
            if self.unread.is_empty() {
                let taken = self.take(came)?;
                self.unread
                    .extend_from_slice(came.get(taken..).unwrap_or_default());
            } else {
                let mut unread = std::mem::take(&mut self.unread);
                unread.extend_from_slice(came);
                let taken = self.take(&mut unread)?;
                unread.drain(..taken);
                self.unread = unread;
            }
        }
    }

    /// Deals with all that has come whole, and says how much that was.
    fn take(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        let mut taken = 0;
        if !self.upgraded {
            let Some((answer, length)) = wire::handshake(bytes)? else {
                return Ok(0);
            };
            self.peer.send(&[answer]);
            self.upgraded = true;
            taken = length;
        }
        while let Some((incoming, length)) =
            wire::decode(bytes.get_mut(taken..).unwrap_or_default())?
        {
            taken += length;
            match incoming {
                Incoming::Join(room) => self.join(room),
                Incoming::Create(id) => self.created.push(self.relay.frames.created(id)),
                Incoming::Pong => {}
            }
        }
        if let (Some(room), false) = (&self.room, self.created.is_empty()) {
            room.lock().iter().for_each(|peer| peer.send(&self.created));
            self.created.clear();
        }
        Ok(taken)
    }

    fn join(&mut self, room: u64) {
        self.leave();
        let room = self.relay.rooms.lock().entry(room).or_default().clone();
        room.lock().push(self.peer.clone());
        self.room = Some(room);
        self.peer.send(from_ref(&self.relay.frames.joined));
    }

    fn leave(&mut self) {
        if let Some(room) = self.room.take() {
            room.lock().retain(|peer| !Arc::ptr_eq(peer, &self.peer));
        }
    }
}
