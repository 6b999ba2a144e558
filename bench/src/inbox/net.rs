//! Clients that ask for anything and read everything, all on one thread.

use std::{
    collections::VecDeque,
    io::{ErrorKind, Read, Write},
    net::SocketAddr,
    time::Duration,
};

use anyhow::Context;
use mio::{Events, Interest, Poll, Token, net::TcpStream};
use serde_json::Value;
use tungstenite::protocol::frame::coding::{Control, Data, OpCode};

use crate::{frame, traffic::Stopwatch};

const TEXT: OpCode = OpCode::Data(Data::Text);
const CLOSE: OpCode = OpCode::Control(Control::Close);
const PING: OpCode = OpCode::Control(Control::Ping);
const PONG: OpCode = OpCode::Control(Control::Pong);

const READ_BYTES: usize = 128 * 1024;
const MAX_EVENTS: usize = 1024;

/// What happens at a client, which has this number.
#[derive(Debug)]
pub(super) enum Happening {
    Opened(usize),
    /// A frame, and when it was read.
    Frame(usize, Value, u64),
    Ended(usize, String),
}

struct Socket {
    stream: TcpStream,
    upgraded: bool,
    /// Received bytes of an incomplete frame.
    incomplete: Vec<u8>,
    /// Bytes that the socket has not taken yet.
    unsent: Vec<u8>,
}

pub(super) struct Net {
    poll: Poll,
    events: Events,
    buffer: Vec<u8>,
    stopwatch: Stopwatch,
    /// `None`: not connected.
    sockets: Vec<Option<Socket>>,
    happened: VecDeque<Happening>,
}

impl Net {
    pub(super) fn new(stopwatch: Stopwatch) -> anyhow::Result<Self> {
        Ok(Self {
            poll: Poll::new().context("cannot wait for sockets")?,
            events: Events::with_capacity(MAX_EVENTS),
            buffer: vec![0; READ_BYTES],
            stopwatch,
            sockets: Vec::new(),
            happened: VecDeque::new(),
        })
    }

    pub(super) fn stopwatch(&self) -> Stopwatch {
        self.stopwatch
    }

    /// Starts to connect client `number`. Its end before that is an [`Happening::Ended`], too.
    pub(super) fn connect(&mut self, number: usize, address: SocketAddr, handshake: String) {
        if self.sockets.len() <= number {
            self.sockets.resize_with(number + 1, || None);
        }
        let opened = TcpStream::connect(address).and_then(|mut stream| {
            self.poll.registry().register(
                &mut stream,
                Token(number),
                Interest::READABLE | Interest::WRITABLE,
            )?;
            Ok(stream)
        });
        match opened {
            Ok(stream) => {
                let socket = Socket {
                    stream,
                    upgraded: false,
                    incomplete: Vec::new(),
                    unsent: handshake.into_bytes(),
                };
                if let Some(slot) = self.sockets.get_mut(number) {
                    *slot = Some(socket);
                }
            }
            Err(error) => self.end(number, format!("cannot connect: {error}")),
        }
    }

    /// Sends a request, unless the client is not connected.
    pub(super) fn send(&mut self, number: usize, request: &Value) {
        let Some(Some(socket)) = self.sockets.get_mut(number) else {
            return;
        };
        let queued = frame::encode(&mut socket.unsent, TEXT, request.to_string().as_bytes());
        let sent = queued.map_err(|error| error.to_string());
        if let Err(reason) = sent.and_then(|()| socket.flush()) {
            self.end(number, reason);
        }
    }

    /// The next that happens, or `None` if that is not before `until`.
    pub(super) fn next(&mut self, until: u64) -> anyhow::Result<Option<Happening>> {
        loop {
            if let Some(happening) = self.happened.pop_front() {
                return Ok(Some(happening));
            }
            let left = until.saturating_sub(self.stopwatch.nanos());
            self.poll_once(Duration::from_nanos(left))?;
            if left == 0 {
                return Ok(self.happened.pop_front());
            }
        }
    }

    fn poll_once(&mut self, timeout: Duration) -> anyhow::Result<()> {
        match self.poll.poll(&mut self.events, Some(timeout)) {
            Err(error) if error.kind() == ErrorKind::Interrupted => return Ok(()),
            polled => polled.context("cannot wait for sockets")?,
        }
        let ready: Vec<_> = self.events.iter().map(|event| event.token().0).collect();
        for number in ready {
            let Some(Some(socket)) = self.sockets.get_mut(number) else {
                continue;
            };
            let received =
                socket.receive(number, &mut self.buffer, self.stopwatch, &mut self.happened);
            if let Err(reason) = received.and_then(|()| socket.flush()) {
                self.end(number, reason);
            }
        }
        Ok(())
    }

    fn end(&mut self, number: usize, reason: String) {
        if let Some(slot) = self.sockets.get_mut(number) {
            *slot = None;
        }
        self.happened.push_back(Happening::Ended(number, reason));
    }
}

impl Socket {
    fn flush(&mut self) -> Result<(), String> {
        while !self.unsent.is_empty() {
            match self.stream.write(&self.unsent) {
                Ok(sent) => drop(self.unsent.drain(..sent)),
                Err(error) if is_not_ready(error.kind()) => break,
                Err(error) => return Err(format!("broke: {error}")),
            }
        }
        Ok(())
    }

    fn receive(
        &mut self,
        number: usize,
        buffer: &mut [u8],
        stopwatch: Stopwatch,
        happened: &mut VecDeque<Happening>,
    ) -> Result<(), String> {
        loop {
            let received = match self.stream.read(buffer) {
                Ok(0) => return Err("was closed without a close frame".to_owned()),
                Ok(received) => received,
                Err(error) if is_not_ready(error.kind()) => return Ok(()),
                Err(error) => return Err(format!("broke: {error}")),
            };
            let now = stopwatch.nanos();
            let bytes = buffer.get(..received).unwrap_or_default();
            self.incomplete.extend_from_slice(bytes);
            let whole = std::mem::take(&mut self.incomplete);
            let rest = self.handle(number, &whole, now, happened)?;
            self.incomplete.extend_from_slice(rest);
        }
    }

    /// Handles all complete frames and returns the bytes after them.
    fn handle<'a>(
        &mut self,
        number: usize,
        bytes: &'a [u8],
        now: u64,
        happened: &mut VecDeque<Happening>,
    ) -> Result<&'a [u8], String> {
        let mut rest = bytes;
        if !self.upgraded {
            let Some(end) = rest.windows(4).position(|four| four == b"\r\n\r\n") else {
                return Ok(rest);
            };
            if !rest.starts_with(b"HTTP/1.1 101 ") {
                return Err(format!("was refused: {}", String::from_utf8_lossy(rest)));
            }
            rest = rest.get(end + 4..).unwrap_or_default();
            self.upgraded = true;
            happened.push_back(Happening::Opened(number));
        }
        while let Some((frame, after)) = frame::decode(rest, false)? {
            rest = after;
            match frame.opcode {
                TEXT => {
                    let value = serde_json::from_slice(frame.payload)
                        .map_err(|error| format!("sent what is not JSON: {error}"))?;
                    happened.push_back(Happening::Frame(number, value, now));
                }
                PING => frame::encode(&mut self.unsent, PONG, frame.payload)
                    .map_err(|error| error.to_string())?,
                CLOSE => return Err(format!("was closed: {:?}", frame.payload)),
                _ => {}
            }
        }
        Ok(rest)
    }
}

/// A value of an object; null if it is not there.
pub(super) fn field<'a>(of: &'a Value, key: &str) -> &'a Value {
    of.get(key).unwrap_or(&Value::Null)
}

fn is_not_ready(kind: ErrorKind) -> bool {
    use ErrorKind::{Interrupted, NotConnected, WouldBlock};
    matches!(kind, WouldBlock | Interrupted | NotConnected)
}
