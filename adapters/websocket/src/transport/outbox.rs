//! The frames that wait to be written to one connection. They are ready, and shared
//! with other outboxes. Their number and size are bounded: what does not fit closes
//! the connection. Nothing is dropped silently, and nobody else waits.
//!
//! The task that adds frames also writes them, all in one write
//! ([`Outbox::flush`]), so the connection's own task need not wake up. Only what
//! the socket of a slow reader does not take is left to that task
//! ([`Outbox::poll`]).

use std::{
    collections::VecDeque,
    future::poll_fn,
    io::{self, IoSlice},
    sync::Arc,
    task::{Context, Poll, Waker},
};

use aftermatch_protocol::close::Close;
use bytes::{Buf, Bytes};
use parking_lot::Mutex;
use tokio::{
    net::{TcpStream, tcp::OwnedWriteHalf},
    time::Instant,
};

use crate::metrics::Metrics;

/// The most frames of one write.
const WRITE_FRAMES: usize = 64;

/// The most frames that an empty outbox has capacity for.
const SPARE_FRAMES: usize = 16;

pub(crate) struct Outbox {
    connection: OwnedWriteHalf,
    max_frames: usize,
    max_bytes: usize,
    metrics: Arc<Metrics>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// The first frame may be the rest of a frame that was written in part.
    waiting: VecDeque<Bytes>,
    bytes: usize,
    /// Whether the first frame is such a rest.
    partial: bool,
    /// Since when the socket takes no more.
    blocked: Option<Instant>,
    close: Option<Close>,
    /// The frames and bytes that the metrics count as waiting.
    reported: (usize, usize),
    /// The connection's task, when it is idle.
    waker: Option<Waker>,
}

impl Outbox {
    pub(crate) fn new(
        connection: OwnedWriteHalf,
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

    /// Adds a frame, to be written with the next [`Outbox::flush`]. The limits are
    /// for what waits already, so that a reader who is fast enough gets a single frame
    /// of any size.
    pub(crate) fn push(&self, frame: Bytes) {
        self.add(&mut self.state.lock(), frame);
    }

    fn add(&self, state: &mut State, frame: Bytes) {
        if state.close.is_some() {
            return;
        }
        if self.is_full(state) {
            self.write(state);
            if self.is_full(state) {
                state.drop_waiting();
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

    /// Whether less than half of the limits waits, so that a request may be
    /// answered.
    pub(crate) fn has_room(&self) -> bool {
        let state = self.state.lock();
        state.waiting.len() <= self.max_frames / 2 && state.bytes <= self.max_bytes / 2
    }

    /// Whether so many frames and bytes are within the limits.
    pub(crate) fn would_fit(&self, frames: usize, bytes: usize) -> bool {
        frames <= self.max_frames && bytes <= self.max_bytes
    }

    /// Returns when there is room for more ([`Outbox::has_room`]), or when the
    /// connection has to be closed.
    pub(crate) async fn wait_for_room(&self) {
        poll_fn(|context| {
            self.flush();
            match self.poll(context) {
                Poll::Pending if !self.has_room() => Poll::Pending,
                _ => Poll::Ready(()),
            }
        })
        .await;
    }

    /// Writes what waits, as far as the socket takes it now.
    pub(crate) fn flush(&self) {
        self.write(&mut self.state.lock());
    }

    /// Closes the connection after what waits has been written. The first call
    /// decides the reason.
    pub(crate) fn close(&self, close: Close) {
        self.state.lock().close(close);
    }

    /// Writes what could not be written at once, and returns when the connection
    /// has to be closed.
    pub(crate) fn poll(&self, context: &mut Context<'_>) -> Poll<Close> {
        let mut state = self.state.lock();
        self.poll_write(&mut state, context);
        match state.close {
            Some(close) => Poll::Ready(close),
            None => Poll::Pending,
        }
    }

    /// Adds the last frame. Nothing is accepted after it.
    pub(crate) fn end(&self, close: Close, frame: Bytes) {
        let mut state = self.state.lock();
        state.close(close);
        state.bytes += frame.len();
        state.waiting.push_back(frame);
        self.write(&mut state);
    }

    /// Writes what waits, and returns when it has been written or never can be.
    pub(crate) fn poll_empty(&self, context: &mut Context<'_>) -> Poll<()> {
        let mut state = self.state.lock();
        self.poll_write(&mut state, context);
        if state.waiting.is_empty() {
            Poll::Ready(())
        } else {
            Poll::Pending
        }
    }

    /// Since when the socket takes no more. `None`: it does.
    pub(crate) fn blocked(&self) -> Option<Instant> {
        self.state.lock().blocked
    }

    fn poll_write(&self, state: &mut State, context: &mut Context<'_>) {
        match &mut state.waker {
            Some(waker) => waker.clone_from(context.waker()),
            waker => *waker = Some(context.waker().clone()),
        }
        let stream: &TcpStream = self.connection.as_ref();
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
                    state.partial = false;
                    state.drop_waiting();
                    state.close(Close::NORMAL);
                }
            }
        }
        self.report(state);
    }

    /// Updates the metrics of what waits. As a rule nothing does, before and after.
    fn report(&self, state: &mut State) {
        let (frames, bytes) = (state.waiting.len(), state.bytes);
        if state.reported != (frames, bytes) {
            let change = |now: usize, before: usize| now as i64 - before as i64;
            let Metrics {
                outbox_frames,
                outbox_bytes,
                ..
            } = &*self.metrics;
            outbox_frames.inc_by(change(frames, state.reported.0));
            outbox_bytes.inc_by(change(bytes, state.reported.1));
            state.reported = (frames, bytes);
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

impl Drop for Outbox {
    fn drop(&mut self) {
        let mut state = std::mem::take(self.state.get_mut());
        state.partial = false;
        state.drop_waiting();
        self.report(&mut state);
    }
}

impl State {
    /// Removes what was written, and returns how many frames were completed.
    fn written(&mut self, bytes: usize) -> u64 {
        let mut frames = 0;
        self.bytes -= bytes;
        let mut left = bytes;
        while let Some(first) = self.waiting.front_mut() {
            if left < first.len() {
                first.advance(left);
                self.partial |= left > 0;
                return frames;
            }
            left -= first.len();
            self.waiting.pop_front();
            self.partial = false;
            frames += 1;
        }
        if self.waiting.capacity() > SPARE_FRAMES {
            self.waiting.shrink_to(SPARE_FRAMES);
        }
        frames
    }

    /// Drops what waits, except a frame whose beginning was written.
    fn drop_waiting(&mut self) {
        self.waiting.truncate(usize::from(self.partial));
        self.waiting.shrink_to_fit();
        self.bytes = self.waiting.iter().map(Bytes::len).sum();
    }

    fn close(&mut self, close: Close) {
        self.close.get_or_insert(close);
        self.wake();
    }

    fn wake(&self) {
        if let Some(waker) = &self.waker {
            waker.wake_by_ref();
        }
    }
}

#[cfg(test)]
pub(crate) mod tests;
