//! One connection: reads requests, sends frames to its room, and sends pings. It is
//! one task, and a silent connection holds no buffer.

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
    peer::Peer,
    state::{Room, ServerState},
    wire::{self, Incoming},
};

/// Longest read.
const READ_BYTES: usize = 32 * 1024;

/// As in the service.
const PING_INTERVAL: Duration = Duration::from_secs(25);

struct Connection {
    socket: OwnedReadHalf,
    peer: Arc<Peer>,
    state: Arc<ServerState>,
    room: Option<Room>,
    upgraded: bool,
    /// Received bytes of an incomplete request.
    incomplete: Vec<u8>,
    /// Frames of one read, sent together.
    created: Vec<Bytes>,
}

pub(crate) async fn run(stream: TcpStream, state: Arc<ServerState>) {
    let (socket, writer) = stream.into_split();
    let mut connection = Connection {
        socket,
        peer: Arc::new(Peer::new(writer, state.max_outbox_bytes)),
        state,
        room: None,
        upgraded: false,
        incomplete: Vec::new(),
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
    /// Reads and answers requests. Ends only with an error.
    fn poll_read(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        loop {
            let mut buffer = [const { MaybeUninit::uninit() }; READ_BYTES];
            let mut buffer = ReadBuf::uninit(&mut buffer);
            ready!(Pin::new(&mut self.socket).poll_read(context, &mut buffer))?;
            let received = buffer.filled_mut();
            if received.is_empty() {
                return Poll::Ready(Err(ErrorKind::UnexpectedEof.into()));
            }
            if self.incomplete.is_empty() {
                let handled = self.handle(received)?;
                self.incomplete
                    .extend_from_slice(received.get(handled..).unwrap_or_default());
            } else {
                let mut bytes = std::mem::take(&mut self.incomplete);
                bytes.extend_from_slice(received);
                let handled = self.handle(&mut bytes)?;
                bytes.drain(..handled);
                self.incomplete = bytes;
            }
        }
    }

    /// Handles all complete requests and returns how many bytes they had.
    fn handle(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        let mut handled = 0;
        if !self.upgraded {
            let Some((response, length)) = wire::handshake(bytes)? else {
                return Ok(0);
            };
            self.peer.send(&[response]);
            self.upgraded = true;
            handled = length;
        }
        while let Some((incoming, length)) =
            wire::decode(bytes.get_mut(handled..).unwrap_or_default())?
        {
            handled += length;
            match incoming {
                Incoming::Join(room) => self.join(room),
                Incoming::Create(id) => self.created.push(self.state.frames.created(id)),
                Incoming::Pong => {}
            }
        }
        if let (Some(room), false) = (&self.room, self.created.is_empty()) {
            room.lock().iter().for_each(|peer| peer.send(&self.created));
            self.created.clear();
        }
        Ok(handled)
    }

    fn join(&mut self, room: u64) {
        self.leave();
        let room = self.state.room(room);
        room.lock().push(self.peer.clone());
        self.room = Some(room);
        self.peer.send(from_ref(&self.state.frames.joined));
    }

    fn leave(&mut self) {
        if let Some(room) = self.room.take() {
            room.lock().retain(|peer| !Arc::ptr_eq(peer, &self.peer));
        }
    }
}
