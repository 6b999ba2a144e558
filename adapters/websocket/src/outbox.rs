//! What waits to be written to one connection: shared, ready frames, so many and
//! no more. What does not fit closes the connection; nothing is dropped in
//! silence and nobody else waits.
//!
//! Whoever has told something sends it off at once, all that waits in one write
//! ([`Outbox::flush`]), and the reader's own task sleeps on. Only what a slow
//! reader's connection does not take is left to that reader's task
//! ([`Outbox::poll`]).

use std::{
    collections::VecDeque,
    future::poll_fn,
    io::{self, IoSlice},
    sync::Arc,
    task::{Context, Poll, Waker},
};

use aftermatch_ports::model::RoomId;
use aftermatch_protocol::close::Close;
use bytes::{Buf, Bytes};
use parking_lot::Mutex;
use tokio::{
    net::{TcpStream, tcp::OwnedWriteHalf},
    time::Instant,
};

use crate::metrics::Metrics;

/// So many frames go into one write at most.
const WRITE_FRAMES: usize = 64;

/// An empty outbox keeps room for so many frames, and no more.
const ROOM: usize = 16;

pub(crate) struct Outbox {
    connection: Arc<OwnedWriteHalf>,
    max_frames: usize,
    max_bytes: usize,
    metrics: Arc<Metrics>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// Of the first, what has not been written yet.
    waiting: VecDeque<Bytes>,
    bytes: usize,
    /// Whether some of the first has been written.
    begun: bool,
    /// Since when the connection takes no more.
    blocked: Option<Instant>,
    close: Option<Close>,
    /// The rooms where a seat of the session was taken away, and it does not know.
    evicted: Vec<RoomId>,
    /// The task of the connection, when it waits for something to do.
    session: Option<Waker>,
}

impl Outbox {
    pub(crate) fn new(
        connection: Arc<OwnedWriteHalf>,
        max_frames: usize,
        max_bytes: usize,
        metrics: Arc<Metrics>,
    ) -> Self {
        Self {
            connection,
            max_frames,
            max_bytes,
            metrics,
            state: Mutex::default(),
        }
    }

    /// Adds a frame, to be sent off with the next [`Outbox::flush`]. What waits
    /// already must be within the limits, so that one frame, however large,
    /// always finds its way to a reader who keeps up.
    pub(crate) fn push(&self, frame: Bytes) {
        self.add(&mut self.state.lock(), frame);
    }

    /// The same for what was missed in that room: nothing is added once the seat
    /// there was taken away. Returns whether it was not.
    pub(crate) fn push_missed(&self, room: RoomId, frame: Bytes) -> bool {
        let mut state = self.state.lock();
        let seated = !state.evicted.contains(&room);
        if seated {
            self.add(&mut state, frame);
        }
        seated
    }

    fn add(&self, state: &mut State, frame: Bytes) {
        if state.close.is_some() {
            return;
        }
        if self.is_full(state) {
            self.write(state);
            if self.is_full(state) {
                state.forget_waiting();
                self.metrics.slow_readers.inc();
                state.close(Close::TOO_SLOW);
                return;
            }
        }
        state.bytes += frame.len();
        state.waiting.push_back(frame);
    }

    fn is_full(&self, state: &State) -> bool {
        state.waiting.len() >= self.max_frames || state.bytes > self.max_bytes
    }

    /// Whether so little waits that a request may be answered.
    pub(crate) fn has_room(&self) -> bool {
        let state = self.state.lock();
        state.waiting.len() <= self.max_frames / 2 && state.bytes <= self.max_bytes / 2
    }

    /// Whether so much could wait here.
    pub(crate) fn would_hold(&self, frames: usize, bytes: usize) -> bool {
        frames <= self.max_frames && bytes <= self.max_bytes
    }

    /// Takes note that the session has no seat any more in that room, and adds
    /// the frame that says so.
    pub(crate) fn evict(&self, room: RoomId, word: Bytes) {
        let mut state = self.state.lock();
        state.evicted.push(room);
        self.add(&mut state, word);
    }

    /// Takes note that the session has a seat in that room, or knows that it has
    /// none. Returns whether one was taken away.
    pub(crate) fn forget_eviction(&self, room: RoomId) -> bool {
        let evicted = &mut self.state.lock().evicted;
        let before = evicted.len();
        evicted.retain(|from| *from != room);
        evicted.len() < before
    }

    /// Waits until so little waits that more may be pushed, or until the
    /// connection is to be closed.
    pub(crate) async fn room(&self) {
        poll_fn(|context| {
            self.flush();
            match self.poll(context) {
                Poll::Pending if !self.has_room() => Poll::Pending,
                _ => Poll::Ready(()),
            }
        })
        .await;
    }

    /// Frames and bytes that wait.
    pub(crate) fn waiting(&self) -> (usize, usize) {
        let state = self.state.lock();
        (state.waiting.len(), state.bytes)
    }

    /// Sends off what waits, as far as the connection takes it now.
    pub(crate) fn flush(&self) {
        self.write(&mut self.state.lock());
    }

    /// Closes the connection. What waits is written before. The first reason
    /// stands.
    pub(crate) fn close(&self, close: Close) {
        self.state.lock().close(close);
    }

    /// Sends off what could not be sent at once, and returns when the connection
    /// is to be closed.
    pub(crate) fn poll(&self, context: &mut Context<'_>) -> Poll<Close> {
        let mut state = self.state.lock();
        self.poll_write(&mut state, context);
        match state.close {
            Some(close) => Poll::Ready(close),
            None => Poll::Pending,
        }
    }

    /// Adds the very last frame to what waits. Nothing is taken behind it.
    pub(crate) fn end(&self, close: Close, frame: Bytes) {
        let mut state = self.state.lock();
        state.close(close);
        state.bytes += frame.len();
        state.waiting.push_back(frame);
        self.write(&mut state);
    }

    /// Sends off what waits, and returns when it is written or never will be.
    pub(crate) fn poll_empty(&self, context: &mut Context<'_>) -> Poll<()> {
        let mut state = self.state.lock();
        self.poll_write(&mut state, context);
        if state.waiting.is_empty() {
            Poll::Ready(())
        } else {
            Poll::Pending
        }
    }

    /// Since when the connection takes no more, if it does not.
    pub(crate) fn blocked(&self) -> Option<Instant> {
        self.state.lock().blocked
    }

    fn poll_write(&self, state: &mut State, context: &mut Context<'_>) {
        match &mut state.session {
            Some(session) => session.clone_from(context.waker()),
            session => *session = Some(context.waker().clone()),
        }
        let stream: &TcpStream = (*self.connection).as_ref();
        while let Some(since) = state.blocked {
            if stream.poll_write_ready(context).is_pending() {
                return;
            }
            let before = state.bytes;
            state.blocked = None;
            self.write(state);
            if state.bytes == before && state.blocked.is_some() {
                state.blocked = Some(since);
            }
        }
    }

    fn write(&self, state: &mut State) {
        while state.blocked.is_none() && !state.waiting.is_empty() {
            match self.write_once(&state.waiting) {
                Ok(written @ 1..) => {
                    let frames = state.written(written);
                    self.metrics.frames_sent.inc_by(frames);
                    self.metrics.bytes_sent.inc_by(written as u64);
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    state.blocked = Some(Instant::now());
                    state.wake();
                }
                Ok(0) | Err(_) => {
                    state.begun = false;
                    state.forget_waiting();
                    state.close(Close::NORMAL);
                }
            }
        }
    }

    fn write_once(&self, waiting: &VecDeque<Bytes>) -> io::Result<usize> {
        let mut slices = [IoSlice::new(&[]); WRITE_FRAMES];
        let mut frames = 0;
        for (slice, frame) in slices.iter_mut().zip(waiting) {
            *slice = IoSlice::new(frame);
            frames += 1;
        }
        let slices = slices.get(..frames).unwrap_or_default();
        self.connection.try_write_vectored(slices)
    }
}

impl State {
    /// Takes note of what was written, and returns how many frames it ended.
    fn written(&mut self, bytes: usize) -> u64 {
        let mut frames = 0;
        self.bytes -= bytes;
        let mut left = bytes;
        while let Some(first) = self.waiting.front_mut() {
            if left < first.len() {
                first.advance(left);
                self.begun |= left > 0;
                return frames;
            }
            left -= first.len();
            self.waiting.pop_front();
            self.begun = false;
            frames += 1;
        }
        if self.waiting.capacity() > ROOM {
            self.waiting.shrink_to(ROOM);
        }
        frames
    }

    /// Gives back what waits, but for a frame that has begun and has to end.
    fn forget_waiting(&mut self) {
        self.waiting.truncate(usize::from(self.begun));
        self.waiting.shrink_to_fit();
        self.bytes = self.waiting.iter().map(Bytes::len).sum();
    }

    fn close(&mut self, close: Close) {
        self.close.get_or_insert(close);
        self.wake();
    }

    fn wake(&self) {
        if let Some(session) = &self.session {
            session.wake_by_ref();
        }
    }
}

#[cfg(test)]
pub(crate) mod tests;
