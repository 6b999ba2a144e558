//! The writing half of a connection. Any task writes its frames to the socket
//! directly. Only what the socket does not take is queued, and written later by the
//! connection's own task.

use std::{
    collections::VecDeque,
    io::{self, ErrorKind, IoSlice},
    task::{Context, Poll, Waker, ready},
};

use bytes::{Buf, Bytes};
use parking_lot::Mutex;
use tokio::net::{TcpStream, tcp::OwnedWriteHalf};

/// Most frames in one write.
const MAX_SLICES: usize = 64;

pub(crate) struct Peer {
    socket: OwnedWriteHalf,
    max_bytes: usize,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// Frames to write; the first one may be partly written.
    queue: VecDeque<Bytes>,
    bytes: usize,
    task: Option<Waker>,
    closed: bool,
}

impl Peer {
    pub(crate) fn new(socket: OwnedWriteHalf, max_bytes: usize) -> Self {
        Self {
            socket,
            max_bytes,
            state: Mutex::default(),
        }
    }

    /// Sends frames in one write, and queues what the socket does not take.
    pub(crate) fn send(&self, frames: &[Bytes]) {
        let mut state = self.state.lock();
        let mut written = 0;
        if state.queue.is_empty() {
            match self.write(frames) {
                Ok(bytes) => written = bytes,
                Err(error) => state.closed = error.kind() != ErrorKind::WouldBlock,
            }
        }
        for frame in frames {
            let part = written.min(frame.len());
            written -= part;
            if part < frame.len() {
                state.bytes += frame.len() - part;
                state.queue.push_back(frame.slice(part..));
            }
        }
        state.closed |= state.bytes > self.max_bytes;
        // If the queue was not empty, the task already waits for the socket.
        let was_empty = (1..=frames.len()).contains(&state.queue.len());
        if let (true, Some(task)) = (was_empty || state.closed, &state.task) {
            task.wake_by_ref();
        }
    }

    fn write<'a>(&self, frames: impl IntoIterator<Item = &'a Bytes>) -> io::Result<usize> {
        let mut slices = [IoSlice::new(&[]); MAX_SLICES];
        let mut count = 0;
        for (slice, frame) in slices.iter_mut().zip(frames) {
            *slice = IoSlice::new(frame);
            count += 1;
        }
        let slices = slices.get(..count).unwrap_or_default();
        self.socket.try_write_vectored(slices)
    }

    /// Writes the queue as the socket takes it. Ends only with an error.
    pub(crate) fn poll_write(&self, context: &mut Context<'_>) -> Poll<io::Error> {
        let mut state = self.state.lock();
        state.task.get_or_insert_with(|| context.waker().clone());
        while !state.closed && !state.queue.is_empty() {
            let socket: &TcpStream = self.socket.as_ref();
            if let Err(error) = ready!(socket.poll_write_ready(context)) {
                return Poll::Ready(error);
            }
            match self.write(&state.queue) {
                Ok(written) => state.remove(written),
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                Err(error) => return Poll::Ready(error),
            }
        }
        if state.closed {
            return Poll::Ready(ErrorKind::QuotaExceeded.into());
        }
        Poll::Pending
    }
}

impl State {
    fn remove(&mut self, written: usize) {
        self.bytes -= written;
        let mut left = written;
        while let Some(first) = self.queue.front_mut() {
            let part = left.min(first.len());
            first.advance(part);
            left -= part;
            if first.has_remaining() {
                return;
            }
            self.queue.pop_front();
        }
    }
}
