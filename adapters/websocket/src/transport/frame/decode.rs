//! Bytes in, messages out.

use bytes::{Buf, Bytes, BytesMut};

use super::{
    header::{Header, unmask},
    incoming::{Incoming, Violation},
    inflate::inflate,
    message::Message,
    opcode::{BINARY, CLOSE, CONTINUATION, PING, TEXT},
};

/// Splits received bytes into messages.
#[derive(Debug)]
pub(crate) struct Decoder {
    max_message_bytes: usize,
    /// Whether messages may be compressed.
    compression: bool,
    message: Option<Message>,
}

impl Decoder {
    /// `max_message_bytes` limits the payload of a message, over all its frames, and that of
    /// a compressed one before and after it is inflated. `compression`: whether it was
    /// negotiated.
    pub(crate) fn new(max_message_bytes: usize, compression: bool) -> Self {
        Self {
            max_message_bytes,
            compression,
            message: None,
        }
    }

    /// How many bytes of a message were collected. `None`: of no message.
    pub(crate) fn collected(&self) -> Option<usize> {
        self.message.as_ref().map(Message::collected)
    }

    /// Takes one message, control frame or fragment from the front of `buffer`. `None`:
    /// more has to be read first. A message over the limit is refused by its
    /// header, before its payload is read.
    ///
    /// The result may share the buffer's memory.
    ///
    /// # Errors
    /// A [`Violation`]. Nothing may be decoded after it, nor after
    /// [`Incoming::Close`].
    pub(crate) fn next(&mut self, buffer: &mut BytesMut) -> Result<Option<Incoming>, Violation> {
        loop {
            if let Some(message) = &mut self.message {
                message.take_from(buffer, self.max_message_bytes);
                if message.left() > 0 {
                    return Ok(None);
                }
                if message.is_last() {
                    let whole = self.message.take();
                    let whole = whole.map(|message| message.finish(self.max_message_bytes));
                    return whole.transpose();
                }
                if message.end_frame() {
                    return Ok(Some(Incoming::Fragment));
                }
            }
            let Some(header) = Header::parse(buffer, self.compression)? else {
                return Ok(None);
            };
            self.admit(&header)?;
            if header.is_control() || (header.opcode == TEXT && header.fin) {
                return self.take_whole(&header, buffer);
            }
            buffer.advance(header.size);
            self.message
                .get_or_insert_with(|| Message::new(&header))
                .begin_frame(&header);
        }
    }

    /// Checks that this frame may follow the ones before it.
    fn admit(&self, header: &Header) -> Result<(), Violation> {
        let before = match (header.opcode, &self.message) {
            (CONTINUATION, Some(message)) => message.announced(),
            (CONTINUATION, None) => return Err(Violation::Protocol("nothing to continue")),
            (TEXT | BINARY, None) => 0,
            (TEXT | BINARY, Some(_)) => {
                return Err(Violation::Protocol("a message inside a message"));
            }
            _ => return Ok(()),
        };
        if header.length > self.max_message_bytes.saturating_sub(before) {
            return Err(Violation::TooBig);
        }
        Ok(())
    }

    /// Takes a text or control frame once all of it has been read.
    fn take_whole(
        &self,
        header: &Header,
        buffer: &mut BytesMut,
    ) -> Result<Option<Incoming>, Violation> {
        let size = header.size.saturating_add(header.length);
        if buffer.len() < size {
            return Ok(None);
        }
        buffer.advance(header.size);
        let mut payload = buffer.split_to(header.length);
        unmask(&mut payload, header.key);
        let payload = payload.freeze();
        Ok(Some(match header.opcode {
            TEXT if header.compressed => Incoming::Text(inflate(&payload, self.max_message_bytes)?),
            TEXT => Incoming::Text(payload),
            PING => Incoming::Ping(payload),
            CLOSE => Incoming::Close(close_code(&payload)?),
            _ => Incoming::Pong,
        }))
    }
}

fn close_code(payload: &Bytes) -> Result<Option<u16>, Violation> {
    match **payload {
        [] => Ok(None),
        [_] => Err(Violation::Protocol("half a close code")),
        [high, low, ref reason @ ..] => match u16::from_be_bytes([high, low]) {
            code @ (1000..=1003 | 1007..=1014 | 3000..=4999) => match str::from_utf8(reason) {
                Ok(_) => Ok(Some(code)),
                Err(_) => Err(Violation::NotUtf8),
            },
            _ => Err(Violation::Protocol("a close code that must not be sent")),
        },
    }
}
