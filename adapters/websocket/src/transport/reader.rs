//! Reads messages from a connection.

use std::{
    cell::RefCell,
    io,
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytes::BytesMut;
use tokio::{
    io::{AsyncRead, ReadBuf},
    net::tcp::OwnedReadHalf,
    time::Instant,
};

use super::frame::{Decoder, Incoming, Violation};
use crate::metrics::HeldBytes;

/// The most bytes of one read.
const READ_BYTES: usize = 64 * 1024;

thread_local! {
    /// The buffer of the next read, whichever connection it is for. So a silent
    /// connection holds no buffer.
    static READ: RefCell<Box<[u8]>> = RefCell::new(vec![0; READ_BYTES].into());
}

pub(crate) struct Reader {
    connection: OwnedReadHalf,
    buffer: BytesMut,
    decoder: Decoder,
    /// Whether the frames cannot be parsed any more.
    lost: bool,
    /// When bytes arrived last.
    last_read: Instant,
    /// Since when a message or a control frame is there in part.
    partial: Option<Instant>,
    held: HeldBytes,
}

/// Why there is no message.
#[derive(Debug)]
pub(crate) enum ReadError {
    /// The connection ended without a close frame.
    Gone,
    /// The client broke the protocol, or its message is too large.
    Violation(Violation),
}

impl Reader {
    /// `early` has been read from `connection` already. `compression`: whether messages may
    /// be compressed.
    pub(crate) fn new(
        connection: OwnedReadHalf,
        early: BytesMut,
        max_message_bytes: usize,
        compression: bool,
        held: HeldBytes,
    ) -> Self {
        Self {
            connection,
            buffer: early,
            decoder: Decoder::new(max_message_bytes, compression),
            lost: false,
            last_read: Instant::now(),
            partial: None,
            held,
        }
    }

    /// When bytes arrived last, or could be read again.
    pub(crate) fn last_read(&self) -> Instant {
        self.last_read
    }

    /// Nothing was read for a while, so the silence of the client begins now.
    pub(crate) fn resume(&mut self) {
        self.last_read = Instant::now();
        self.partial = self.partial.map(|_| self.last_read);
    }

    /// Since when a message or a control frame is there in part.
    pub(crate) fn partial(&self) -> Option<Instant> {
        self.partial
    }

    /// The next message, if all of it has been read.
    pub(crate) fn next_read(&mut self) -> Option<Result<Incoming, ReadError>> {
        let next = self.decoder.next(&mut self.buffer);
        self.lost |= next.is_err();
        if self.buffer.is_empty() {
            self.buffer = BytesMut::new();
        }
        self.note_partial(&next);
        next.map_err(ReadError::Violation).transpose()
    }

    /// A message is there in part if there is none as a whole. Behind a whole one there may
    /// be others.
    fn note_partial(&mut self, next: &Result<Option<Incoming>, Violation>) {
        let collected = self.decoder.collected();
        match next {
            Ok(None) if collected.is_some() || !self.buffer.is_empty() => {
                self.partial.get_or_insert_with(Instant::now);
            }
            Ok(Some(Incoming::Fragment | Incoming::Ping(_) | Incoming::Pong)) => {}
            _ => self.partial = None,
        }
        self.held
            .set(self.buffer.len() + collected.unwrap_or_default());
    }

    /// Reads the next message.
    pub(crate) fn poll_next(
        &mut self,
        context: &mut Context<'_>,
    ) -> Poll<Result<Incoming, ReadError>> {
        loop {
            if let Some(next) = self.next_read() {
                return Poll::Ready(next);
            }
            let (connection, buffer) = (&mut self.connection, &mut self.buffer);
            let read = poll_read(connection, context, |bytes| buffer.extend_from_slice(bytes));
            if !matches!(ready!(read), Ok(1..)) {
                return Poll::Ready(Err(ReadError::Gone));
            }
            self.last_read = Instant::now();
        }
    }

    /// Whether the frames cannot be parsed any more.
    pub(crate) fn is_lost(&self) -> bool {
        self.lost
    }

    /// Reads a message and drops it, or bytes if the frames cannot be parsed any more.
    /// Returns `false` if the other side has closed too.
    pub(crate) fn poll_drop(&mut self, context: &mut Context<'_>) -> Poll<bool> {
        if self.lost {
            let read = ready!(poll_read(&mut self.connection, context, |_| {}));
            return Poll::Ready(matches!(read, Ok(1..)));
        }
        let next = ready!(self.poll_next(context));
        let closed = matches!(next, Ok(Incoming::Close(_)) | Err(ReadError::Gone));
        Poll::Ready(!closed)
    }
}

/// Passes the bytes of one read to `take`, and returns how many they were.
fn poll_read(
    connection: &mut OwnedReadHalf,
    context: &mut Context<'_>,
    take: impl FnOnce(&[u8]),
) -> Poll<io::Result<usize>> {
    READ.with_borrow_mut(|bytes| {
        let mut read = ReadBuf::new(bytes);
        ready!(Pin::new(connection).poll_read(context, &mut read))?;
        take(read.filled());
        Poll::Ready(Ok(read.filled().len()))
    })
}
