//! Whole messages off a connection.

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

use crate::frame::{Decoder, Incoming, Violation};

/// So many bytes are read at a time.
const READ_BYTES: usize = 64 * 1024;

thread_local! {
    /// Where bytes are read to before it is known whose they are to be: a
    /// connection that is silent holds no memory for what may come.
    static READ: RefCell<Box<[u8]>> = RefCell::new(vec![0; READ_BYTES].into());
}

pub(crate) struct Reader {
    connection: OwnedReadHalf,
    buffer: BytesMut,
    decoder: Decoder,
    /// What comes can be understood no more.
    lost: bool,
}

/// What comes instead of a message.
#[derive(Debug)]
pub(crate) enum Broken {
    /// The connection ended without a close frame.
    Gone,
    /// What came is not WebSocket, or too large.
    Violation(Violation),
}

impl Reader {
    /// `early` is what has been read of `connection` already.
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

    /// The next message, if it has been read as a whole.
    pub(crate) fn next_read(&mut self) -> Option<Result<Incoming, Broken>> {
        let next = self.decoder.next(&mut self.buffer);
        self.lost |= next.is_err();
        if self.buffer.is_empty() {
            self.buffer = BytesMut::new();
        }
        next.map_err(Broken::Violation).transpose()
    }

    /// Reads the next message.
    pub(crate) fn poll_next(
        &mut self,
        context: &mut Context<'_>,
    ) -> Poll<Result<Incoming, Broken>> {
        loop {
            if let Some(next) = self.next_read() {
                return Poll::Ready(next);
            }
            let (connection, buffer) = (&mut self.connection, &mut self.buffer);
            let read = poll_read(connection, context, |bytes| buffer.extend_from_slice(bytes));
            if !matches!(ready!(read), Ok(1..)) {
                return Poll::Ready(Err(Broken::Gone));
            }
        }
    }

    /// Whether what comes can be understood no more.
    pub(crate) fn is_lost(&self) -> bool {
        self.lost
    }

    /// Reads until the other side has closed, too, and forgets what it says.
    pub(crate) fn poll_closed(&mut self, context: &mut Context<'_>) -> Poll<()> {
        while !self.lost {
            if let Ok(Incoming::Close(_)) | Err(Broken::Gone) = ready!(self.poll_next(context)) {
                return Poll::Ready(());
            }
        }
        while let Ok(1..) = ready!(poll_read(&mut self.connection, context, |_| {})) {}
        Poll::Ready(())
    }
}

/// Reads what there is, and returns how much it was.
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
