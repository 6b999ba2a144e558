//! The frames that wait to be written to one connection. They are ready, and shared
//! with other outboxes. Their number and size are bounded: events that do not fit close
//! the connection. Nothing is dropped silently, and nobody else waits.
//!
//! The task that adds frames also writes them, all in one write
//! ([`Outbox::flush`]), so the connection's own task need not wake up. Only what
//! the socket of a slow reader does not take is left to that task
//! ([`Outbox::poll`]).

mod queue;

use std::{
    future::poll_fn,
    io::{self, IoSlice},
    sync::Arc,
    task::{Context, Poll, Waker},
    time::Duration,
};

use aftermatch_protocol::close::Close;
use bytes::Bytes;
use parking_lot::Mutex;
use tokio::{
    net::{TcpStream, tcp::OwnedWriteHalf},
    time::{Instant, timeout},
};

use self::queue::Queue;
use super::{compression::Compression, shared::Shared};
use crate::metrics::Metrics;

/// The most frames of one write.
const WRITE_FRAMES: usize = 64;

pub(crate) struct Outbox {
    connection: OwnedWriteHalf,
    /// What the client can receive compressed.
    compression: Option<Compression>,
    max_frames: usize,
    max_bytes: usize,
    metrics: Arc<Metrics>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    queue: Queue,
    /// Since when the socket takes no more.
    blocked: Option<Instant>,
    /// When it last took some of what it had not taken at once.
    last_taken: Option<Instant>,
    close: Option<Close>,
    /// Whether the close frame is there.
    ended: bool,
    /// The frames and bytes that the metrics count as waiting.
    reported: (usize, usize),
    frames_sent: u64,
    /// The connection's task, when it is idle.
    waker: Option<Waker>,
}

/// The connection is being closed, or has to be.
#[derive(Debug)]
pub(crate) struct Closing;

impl Outbox {
    pub(crate) fn new(
        connection: OwnedWriteHalf,
        compression: Option<Compression>,
        max_frames: usize,
        max_bytes: usize,
        metrics: Arc<Metrics>,
    ) -> Self {
        Self {
            connection,
            compression,
            max_frames,
            max_bytes,
            metrics,
            state: Mutex::default(),
        }
    }

    /// The frame as this connection receives it.
    pub(crate) fn form(&self, frame: &mut Shared) -> Bytes {
        match self.compression {
            Some(compression) if compression.covers(frame.length()) => {
                frame.compressed(&self.metrics)
            }
            _ => frame.plain(),
        }
    }

    /// Whether the client receives a text of any length compressed.
    pub(super) fn compresses_long(&self) -> bool {
        self.compression.is_some_and(|each| each.covers(usize::MAX))
    }

    /// Counts a part of a response that was compressed.
    pub(super) fn count_compressed(&self, before: usize, after: usize) {
        self.metrics.compressed(before, after);
    }

    /// Adds an event, to be written with the next [`Outbox::flush`]. The limits are
    /// for what waits already, so that a reader who is fast enough gets a single frame
    /// of any size.
    pub(crate) fn push(&self, event: Bytes) {
        let mut state = self.state.lock();
        if !state.accepts() {
            return;
        }
        if self.is_full(&state) {
            self.write(&mut state);
            if self.is_full(&state) {
                state.queue.clear(true);
                self.metrics.slow_readers.inc();
                state.close(Close::TOO_SLOW);
                return;
            }
        }
        state.queue.push_event(event);
    }

    /// Adds an event that need not arrive: if anything waits, it is dropped.
    pub(crate) fn push_droppable(&self, event: Bytes) {
        let mut state = self.state.lock();
        if state.accepts() && state.blocked.is_none() {
            state.queue.push_event(event);
        }
    }

    /// Adds a response, a text frame. There is one at a time: the next request is read when
    /// there is room again ([`Outbox::has_room`]).
    pub(crate) fn respond(&self, response: Bytes) {
        self.respond_ready(self.form(&mut response.into()));
    }

    /// Adds a ping or a pong.
    pub(crate) fn control(&self, frame: Bytes) {
        self.respond_ready(frame);
    }

    fn respond_ready(&self, response: Bytes) {
        self.add(|queue| queue.push_response(response));
    }

    /// Adds a part of a response that is not its last. Until the last one is there,
    /// events wait behind it.
    pub(super) fn begin(&self, fragment: Bytes) {
        self.add(|queue| queue.push_fragment(fragment));
    }

    /// Adds the last part of a response.
    pub(super) fn complete(&self, fragment: Bytes) {
        self.add(|queue| queue.push_last_fragment(fragment));
    }

    fn add(&self, add: impl FnOnce(&mut Queue)) {
        let mut state = self.state.lock();
        if state.accepts() {
            add(&mut state.queue);
        }
    }

    fn is_full(&self, state: &State) -> bool {
        state.queue.has_events(self.max_frames, self.max_bytes)
    }

    /// Whether less than half of the limits waits to be written, so that a request may
    /// be answered.
    pub(crate) fn has_room(&self) -> bool {
        let (frames, bytes) = self.state.lock().queue.size();
        frames <= self.max_frames / 2 && bytes <= self.max_bytes / 2
    }

    /// Whether so many frames and bytes are within the limits.
    pub(crate) fn would_fit(&self, frames: usize, bytes: usize) -> bool {
        frames <= self.max_frames && bytes <= self.max_bytes
    }

    /// Writes, and returns when there is room for more ([`Outbox::has_room`]). Closes the
    /// connection if its reader takes nothing for as long as `patience`.
    pub(crate) async fn make_room(&self, patience: Duration) -> Result<(), Closing> {
        let room = || {
            poll_fn(|context| {
                self.flush();
                match self.poll(context) {
                    Poll::Ready(_) => Poll::Ready(Err(Closing)),
                    Poll::Pending if self.has_room() => Poll::Ready(Ok(())),
                    Poll::Pending => Poll::Pending,
                }
            })
        };
        loop {
            if let Ok(room) = timeout(patience, room()).await {
                return room;
            }
            if self
                .blocked()
                .is_some_and(|since| since.elapsed() >= patience)
            {
                self.metrics.slow_readers.inc();
                self.close(Close::TOO_SLOW);
            }
        }
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
        state.ended = true;
        state.queue.push_close(frame);
        self.write(&mut state);
    }

    /// Writes what waits, and returns when it has been written or never can be.
    pub(crate) fn poll_empty(&self, context: &mut Context<'_>) -> Poll<()> {
        let mut state = self.state.lock();
        self.poll_write(&mut state, context);
        if state.queue.is_empty() {
            Poll::Ready(())
        } else {
            Poll::Pending
        }
    }

    /// Since when the socket takes no more. `None`: it does.
    pub(crate) fn blocked(&self) -> Option<Instant> {
        self.state.lock().blocked
    }

    /// When the client last took some of what it had not taken at once.
    pub(crate) fn last_taken(&self) -> Option<Instant> {
        self.state.lock().last_taken
    }

    pub(crate) fn frames_sent(&self) -> u64 {
        self.state.lock().frames_sent
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
            let before = state.queue.size();
            state.blocked = None;
            self.write(state);
            if state.queue.size() != before {
                state.last_taken = Some(Instant::now());
            } else if state.blocked.is_some() {
                state.blocked = Some(since);
            }
        }
    }

    fn write(&self, state: &mut State) {
        while state.blocked.is_none() && !state.queue.is_empty() {
            match self.write_once(&state.queue) {
                Ok(written @ 1..) => {
                    let frames = state.queue.written(written);
                    state.frames_sent += frames;
                    self.metrics.frames_sent.inc_by(frames);
                    self.metrics.bytes_sent.inc_by(written as u64);
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    state.blocked = Some(Instant::now());
                    state.wake();
                }
                Ok(0) | Err(_) => {
                    state.queue.clear(false);
                    state.close(Close::NORMAL);
                }
            }
        }
        self.report(state);
    }

    /// Updates the metrics of what waits. As a rule nothing does, before and after.
    fn report(&self, state: &mut State) {
        let (frames, bytes) = state.queue.total();
        if state.reported != (frames, bytes) {
            let change = |now: usize, before: usize| now as i64 - before as i64;
            let (frames_before, bytes_before) = state.reported;
            self.metrics
                .outbox_frames
                .inc_by(change(frames, frames_before));
            self.metrics
                .outbox_bytes
                .inc_by(change(bytes, bytes_before));
            self.metrics.held_bytes.inc_by(change(bytes, bytes_before));
            state.reported = (frames, bytes);
        }
    }

    fn write_once(&self, queue: &Queue) -> io::Result<usize> {
        let mut slices = [IoSlice::new(&[]); WRITE_FRAMES];
        let frames = queue.fill(&mut slices);
        let slices = slices.get(..frames).unwrap_or_default();
        self.connection.try_write_vectored(slices)
    }
}

impl Drop for Outbox {
    fn drop(&mut self) {
        let mut state = std::mem::take(self.state.get_mut());
        state.queue.clear(false);
        self.report(&mut state);
    }
}

impl State {
    /// Whether anything is sent before the close frame. When the service stops, the
    /// responses to requests in flight are.
    fn accepts(&self) -> bool {
        match self.close {
            None => true,
            Some(close) => close == Close::GOING_AWAY && !self.ended,
        }
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
