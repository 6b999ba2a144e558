//! The writing end of a connection. Frames are sent off at once by whoever has
//! them; only what the socket does not take waits, and is the business of the
//! connection's own task.

use std::{
    collections::VecDeque,
    io::{self, ErrorKind, IoSlice},
    task::{Context, Poll, Waker, ready},
};

use bytes::{Buf, Bytes};
use parking_lot::Mutex;
use tokio::net::{TcpStream, tcp::OwnedWriteHalf};

/// So many frames at most go into one write.
const SLICES: usize = 64;

pub(crate) struct Peer {
    socket: OwnedWriteHalf,
    max_bytes: usize,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// Of the first, what has not been written.
    waiting: VecDeque<Bytes>,
    bytes: usize,
    task: Option<Waker>,
    lost: bool,
}

impl Peer {
    pub(crate) fn new(socket: OwnedWriteHalf, max_bytes: usize) -> Self {
        Self {
            socket,
            max_bytes,
            state: Mutex::default(),
        }
    }

    /// Sends frames off, all in one write.
    pub(crate) fn send(&self, frames: &[Bytes]) {
        let mut state = self.state.lock();
        let mut written = 0;
        if state.waiting.is_empty() {
            match self.write(frames) {
                Ok(bytes) => written = bytes,
                Err(error) => state.lost = error.kind() != ErrorKind::WouldBlock,
            }
        }
        for frame in frames {
            let part = written.min(frame.len());
            written -= part;
            if part < frame.len() {
                state.bytes += frame.len() - part;
                state.waiting.push_back(frame.slice(part..));
            }
        }
        state.lost |= state.bytes > self.max_bytes;
        // A task that waits for its socket already has no need to know.
        let first = (1..=frames.len()).contains(&state.waiting.len());
        if let (true, Some(task)) = (first || state.lost, &state.task) {
            task.wake_by_ref();
        }
    }

    fn write<'a>(&self, frames: impl IntoIterator<Item = &'a Bytes>) -> io::Result<usize> {
        let mut slices = [IoSlice::new(&[]); SLICES];
        let mut count = 0;
        for (slice, frame) in slices.iter_mut().zip(frames) {
            *slice = IoSlice::new(frame);
            count += 1;
        }
        let slices = slices.get(..count).unwrap_or_default();
        self.socket.try_write_vectored(slices)
    }

    /// Writes what waits as the socket takes it. Never done, but for an error.
    pub(crate) fn poll_write(&self, context: &mut Context<'_>) -> Poll<io::Error> {
        let mut state = self.state.lock();
        state.task.get_or_insert_with(|| context.waker().clone());
        while !state.lost && !state.waiting.is_empty() {
            let socket: &TcpStream = self.socket.as_ref();
            if let Err(error) = ready!(socket.poll_write_ready(context)) {
                return Poll::Ready(error);
            }
            match self.write(&state.waiting) {
                Ok(written) => state.forget(written),
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                Err(error) => return Poll::Ready(error),
            }
        }
        if state.lost {
            return Poll::Ready(ErrorKind::QuotaExceeded.into());
        }
        Poll::Pending
    }
}

impl State {
    fn forget(&mut self, written: usize) {
        self.bytes -= written;
        let mut left = written;
        while let Some(first) = self.waiting.front_mut() {
            let part = left.min(first.len());
            first.advance(part);
            left -= part;
            if first.has_remaining() {
                return;
            }
            self.waiting.pop_front();
        }
    }
}
