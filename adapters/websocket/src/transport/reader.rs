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
};

use super::frame::{Decoder, Incoming, Violation};

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
    ) -> Self {
        Self {
            connection,
            buffer: early,
            decoder: Decoder::new(max_message_bytes),
            lost: false,
        }
    }

    /// The next message, if all of it has been read.
    pub(crate) fn next_read(&mut self) -> Option<Result<Incoming, ReadError>> {
        let next = self.decoder.next(&mut self.buffer);
        self.lost |= next.is_err();
        if self.buffer.is_empty() {
            self.buffer = BytesMut::new();
        }
        next.map_err(ReadError::Violation).transpose()
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
