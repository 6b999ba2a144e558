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
    /// `early` has been read from `connection` already.
    pub(crate) fn new(
        connection: OwnedReadHalf,
        early: BytesMut,
        max_message_bytes: usize,
        held: HeldBytes,
    ) -> Self {
        Self {
            connection,
            buffer: early,
            decoder: Decoder::new(max_message_bytes),
            lost: false,
            last_read: Instant::now(),
            partial: None,
            held,
        }
    }

    /// When bytes arrived last.
    pub(crate) fn last_read(&self) -> Instant {
        self.last_read
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
        self.note_partial(matches!(
            next,
            Ok(Some(Incoming::Text(_) | Incoming::Binary))
        ));
        next.map_err(ReadError::Violation).transpose()
    }

    /// `completed`: a message has just been taken, so what is left is of another one.
    fn note_partial(&mut self, completed: bool) {
        let collected = self.decoder.collected();
        self.partial = if collected.is_none() && self.buffer.is_empty() {
            None
        } else if completed {
            Some(self.last_read)
        } else {
            self.partial.or(Some(self.last_read))
        };
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

    /// Reads until the other side has closed too, and drops what it sends.
    pub(crate) fn poll_closed(&mut self, context: &mut Context<'_>) -> Poll<()> {
        while !self.lost {
            if let Ok(Incoming::Close(_)) | Err(ReadError::Gone) = ready!(self.poll_next(context)) {
                return Poll::Ready(());
            }
        }
        while let Ok(1..) = ready!(poll_read(&mut self.connection, context, |_| {})) {}
        Poll::Ready(())
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
