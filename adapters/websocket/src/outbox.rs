//! What waits to be written to one connection: shared, ready frames, so many and
//! no more. What does not fit closes the connection; nothing is dropped in
//! silence and nobody else waits.

use bytes::Bytes;
use parking_lot::Mutex;
use tokio::sync::Notify;

/// Why a connection is closed: code and reason of the close frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Close {
    pub(crate) code: u16,
    pub(crate) reason: &'static str,
}

impl Close {
    pub(crate) const NORMAL: Self = Self::new(1000, "");
    pub(crate) const GOING_AWAY: Self = Self::new(1001, "the service is going away");
    pub(crate) const SILENT: Self = Self::new(1001, "nothing came for too long");
    pub(crate) const TOO_SLOW: Self = Self::new(1013, "too slow a reader: try again later");
    pub(crate) const DEACTIVATED: Self = Self::new(4401, "this user has been deactivated");
    pub(crate) const NO_RIGHT: Self = Self::new(4403, "no right to this endpoint any more");

    pub(crate) const fn new(code: u16, reason: &'static str) -> Self {
        Self { code, reason }
    }
}

pub(crate) struct Outbox {
    max_frames: usize,
    max_bytes: usize,
    state: Mutex<State>,
    filled: Notify,
    emptied: Notify,
    closed: Notify,
}

#[derive(Default)]
struct State {
    waiting: Vec<Bytes>,
    /// Frames and bytes that are waiting or being written.
    frames: usize,
    bytes: usize,
    close: Option<Close>,
    overflow: bool,
}

impl Outbox {
    pub(crate) fn new(max_frames: usize, max_bytes: usize) -> Self {
        Self {
            max_frames,
            max_bytes,
            state: Mutex::default(),
            filled: Notify::new(),
            emptied: Notify::new(),
            closed: Notify::new(),
        }
    }

    /// Adds a frame. What waits already must be within the limits, so that one
    /// frame, however large, always finds its way to a reader who keeps up.
    pub(crate) fn push(&self, frame: Bytes) {
        let mut state = self.state.lock();
        if state.close.is_some() {
            return;
        }
        if state.frames >= self.max_frames || state.bytes > self.max_bytes {
            state.overflow = true;
            state.close = Some(Close::TOO_SLOW);
            state.waiting = Vec::new();
            drop(state);
            self.wake_all();
            return;
        }
        state.frames += 1;
        state.bytes += frame.len();
        state.waiting.push(frame);
        // One wake for a burst: the writer takes all that waits.
        let first = state.waiting.len() == 1;
        drop(state);
        if first {
            self.filled.notify_one();
        }
    }

    /// Closes the connection once what waits is written. The first reason stands.
    pub(crate) fn close(&self, close: Close) {
        self.state.lock().close.get_or_insert(close);
        self.wake_all();
    }

    fn wake_all(&self) {
        self.closed.notify_waiters();
        self.filled.notify_one();
        self.emptied.notify_one();
    }

    /// Waits for frames and moves them all into `batch`, which is empty. When
    /// nothing more is to be written but a close frame, returns that.
    pub(crate) async fn take(&self, batch: &mut Vec<Bytes>) -> Option<Close> {
        loop {
            let filled = self.filled.notified();
            {
                let mut state = self.state.lock();
                if !state.waiting.is_empty() {
                    std::mem::swap(&mut state.waiting, batch);
                    return None;
                }
                if state.close.is_some() {
                    return state.close;
                }
            }
            filled.await;
        }
    }

    /// Takes note that `frames` of `bytes` in all have been written.
    pub(crate) fn written(&self, frames: usize, bytes: usize) {
        let mut state = self.state.lock();
        state.frames -= frames;
        state.bytes -= bytes;
        drop(state);
        self.emptied.notify_one();
    }

    /// Waits until half of the outbox is free, or the connection is closing:
    /// before that, no further request of this connection is read.
    pub(crate) async fn has_room(&self) {
        loop {
            let emptied = self.emptied.notified();
            {
                let state = self.state.lock();
                let half = state.frames <= self.max_frames / 2 && state.bytes <= self.max_bytes / 2;
                if half || state.close.is_some() {
                    return;
                }
            }
            emptied.await;
        }
    }

    /// Waits until the connection is closing, and says why.
    pub(crate) async fn closing(&self) -> Close {
        loop {
            let closed = self.closed.notified();
            if let Some(close) = self.state.lock().close {
                return close;
            }
            closed.await;
        }
    }

    /// Waits until the reader turns out to be too slow.
    pub(crate) async fn overflow(&self) {
        loop {
            let closed = self.closed.notified();
            if self.state.lock().overflow {
                return;
            }
            closed.await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(length: usize) -> Bytes {
        vec![b'x'; length].into()
    }

    #[tokio::test]
    async fn a_burst_is_taken_at_once_and_in_order() {
        let outbox = Outbox::new(10, 100);
        let frames = [frame(1), frame(2), frame(3)];
        frames.iter().cloned().for_each(|frame| outbox.push(frame));
        let mut batch = Vec::new();
        assert_eq!(outbox.take(&mut batch).await, None);
        assert_eq!(batch, frames);
    }

    #[tokio::test]
    async fn what_waits_is_written_before_the_close() {
        let outbox = Outbox::new(10, 100);
        outbox.push(frame(1));
        outbox.close(Close::GOING_AWAY);
        outbox.close(Close::NORMAL);
        outbox.push(frame(2));
        let mut batch = Vec::new();
        assert_eq!(outbox.take(&mut batch).await, None);
        assert_eq!(batch, [frame(1)], "nothing comes after a close");
        assert_eq!(outbox.take(&mut Vec::new()).await, Some(Close::GOING_AWAY));
    }

    #[tokio::test]
    async fn too_much_closes_and_gives_back_what_waited() {
        for (max_frames, max_bytes, length) in [(3, 1_000, 1), (1_000, 2, 1)] {
            let outbox = Outbox::new(max_frames, max_bytes);
            (0..3).for_each(|_| outbox.push(frame(length)));
            outbox.push(frame(length));
            outbox.overflow().await;
            assert_eq!(outbox.closing().await, Close::TOO_SLOW);
            assert_eq!(outbox.take(&mut Vec::new()).await, Some(Close::TOO_SLOW));
            assert!(outbox.state.lock().waiting.is_empty());
        }
    }

    #[tokio::test]
    async fn what_is_being_written_counts_until_it_is() {
        let outbox = Outbox::new(2, 100);
        let mut batch = Vec::new();
        outbox.push(frame(1));
        outbox.push(frame(1));
        assert_eq!(outbox.take(&mut batch).await, None);
        outbox.written(2, 2);
        outbox.has_room().await;
        outbox.push(frame(1));
        outbox.push(frame(1));
        outbox.push(frame(1));
        assert_eq!(outbox.closing().await, Close::TOO_SLOW);
    }

    #[tokio::test]
    async fn one_frame_however_large_is_taken() {
        let outbox = Outbox::new(10, 100);
        outbox.push(frame(100_000));
        let mut batch = Vec::new();
        assert_eq!(outbox.take(&mut batch).await, None);
        assert_eq!(batch.len(), 1);
    }
}
