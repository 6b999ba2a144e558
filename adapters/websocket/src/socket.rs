//! The one place that touches the upgraded connection: whole messages in, ready
//! frames out.

use std::{io, time::Duration};

use bytes::{Buf, Bytes, BytesMut};
use poem::Upgraded;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, ReadHalf, WriteHalf},
    time::timeout,
};

use crate::frame::{Decoder, Incoming, Violation};

/// So many bytes are read at a time of what nobody wants to know any more.
const DRAIN_BYTES: usize = 1024;

/// So many bytes of waiting frames are put together for one write.
const WRITE_BYTES: usize = 64 * 1024;

/// Splits a connection into what is read and what is written.
pub(crate) fn split(
    connection: Upgraded,
    max_message_bytes: usize,
    stall: Duration,
) -> (Reader, Writer) {
    let (reader, writer) = tokio::io::split(connection);
    let reader = Reader {
        connection: reader,
        buffer: BytesMut::new(),
        decoder: Decoder::new(max_message_bytes),
    };
    let writer = Writer {
        connection: writer,
        pending: Bytes::new(),
        stall,
    };
    (reader, writer)
}

pub(crate) struct Reader {
    connection: ReadHalf<Upgraded>,
    buffer: BytesMut,
    decoder: Decoder,
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
    /// The next whole message. Nothing is lost when this is dropped half-way.
    pub(crate) async fn next(&mut self) -> Result<Incoming, Broken> {
        loop {
            match self.decoder.next(&mut self.buffer) {
                Ok(Some(incoming)) => return Ok(incoming),
                Ok(None) => {}
                Err(violation) => return Err(Broken::Violation(violation)),
            }
            // The decoder has made room for what it is waiting for.
            match self.connection.read_buf(&mut self.buffer).await {
                Ok(0) | Err(_) => return Err(Broken::Gone),
                Ok(_) => {}
            }
        }
    }

    /// Reads until the other side is done, and forgets what it says.
    pub(crate) async fn drain(mut self) {
        loop {
            self.buffer.clear();
            self.buffer.reserve(DRAIN_BYTES);
            if !matches!(self.connection.read_buf(&mut self.buffer).await, Ok(1..)) {
                return;
            }
        }
    }
}

pub(crate) struct Writer {
    connection: WriteHalf<Upgraded>,
    /// Begun, and to be ended before anything else is written.
    pending: Bytes,
    stall: Duration,
}

impl Writer {
    /// Writes `frames`, one behind the other, in as few writes as it takes. When
    /// this is dropped half-way, [`Writer::finish`] ends what was begun.
    pub(crate) async fn write(&mut self, frames: &[Bytes]) -> io::Result<()> {
        let mut frames = frames;
        while let Some((first, rest)) = frames.split_first() {
            let mut together = first.len();
            let fitting = rest.iter().take_while(|frame| {
                together += frame.len();
                together <= WRITE_BYTES
            });
            let (batch, rest) = frames.split_at(1 + fitting.count());
            self.pending = match batch {
                [frame] => frame.clone(),
                frames => frames.concat().into(),
            };
            self.finish().await?;
            frames = rest;
        }
        Ok(())
    }

    /// Ends what was begun. A peer that takes nothing for too long is gone.
    pub(crate) async fn finish(&mut self) -> io::Result<()> {
        while self.pending.has_remaining() {
            let write = self.connection.write_buf(&mut self.pending);
            if timeout(self.stall, write).await?? == 0 {
                return Err(io::ErrorKind::WriteZero.into());
            }
        }
        self.connection.flush().await
    }
}
