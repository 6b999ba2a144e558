//! One connection: it connects, joins its room, then writes or only reads.

use std::{
    io::{self, Read, Write},
    net::SocketAddr,
};

use mio::net::TcpStream;
use tungstenite::protocol::frame::coding::{Control, Data, OpCode};

use crate::{
    envelope::{self, Stamp},
    frame::{self, Frame},
    member::Member,
    traffic::Traffic,
};

const TEXT: OpCode = OpCode::Data(Data::Text);
const CLOSE: OpCode = OpCode::Control(Control::Close);
const PING: OpCode = OpCode::Control(Control::Ping);
const PONG: OpCode = OpCode::Control(Control::Pong);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Handshake,
    Joining,
    Joined,
}

pub(crate) struct Connection {
    pub(crate) stream: TcpStream,
    pub(crate) member: Member,
    state: State,
    /// When it started to connect, in nanoseconds since the tool started.
    started: u64,
    /// Received bytes of an incomplete frame.
    incomplete: Vec<u8>,
    /// Bytes that the socket has not taken yet.
    unsent: Vec<u8>,
}

impl Connection {
    /// Starts to connect. `handshake` is sent as soon as the socket is connected.
    pub(crate) fn open(
        address: SocketAddr,
        handshake: String,
        member: Member,
        started: u64,
    ) -> io::Result<Self> {
        let stream = TcpStream::connect(address)?;
        Ok(Self {
            stream,
            member,
            state: State::Handshake,
            started,
            incomplete: Vec::new(),
            unsent: handshake.into_bytes(),
        })
    }

    /// Sends as much as the socket takes now.
    pub(crate) fn flush(&mut self) -> io::Result<()> {
        while !self.unsent.is_empty() {
            match self.stream.write(&self.unsent) {
                Ok(sent) => drop(self.unsent.drain(..sent)),
                Err(error) if is_not_ready(&error) => break,
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Reads all that has arrived and handles it. `ended` says that the server
    /// has closed its side. `buffer` is scratch space.
    ///
    /// # Errors
    /// Why the connection has ended, as the end of a sentence.
    pub(crate) fn receive(
        &mut self,
        ended: bool,
        buffer: &mut Vec<u8>,
        traffic: &mut Traffic,
    ) -> Result<(), String> {
        // A server is right to close a connection that does not read.
        if self.member.stalled && self.state == State::Joined {
            return Ok(());
        }
        loop {
            let before = self.incomplete.len();
            if buffer.len() < 2 * before {
                buffer.resize(2 * buffer.len(), 0);
            }
            let (old, free) = buffer.split_at_mut(before);
            old.copy_from_slice(&self.incomplete);
            let received = match self.stream.read(free) {
                Ok(0) => return Err("was closed without a close frame".to_owned()),
                Ok(received) => received,
                Err(error) if is_not_ready(&error) => return Ok(()),
                Err(error) => return Err(format!("broke: {error}")),
            };
            // A read that leaves room has emptied the socket: no need for another
            // system call.
            let emptied = received < free.len() && !ended;
            let bytes = buffer.get(..before + received).unwrap_or_default();
            let rest = self.handle_bytes(bytes, traffic)?;
            self.incomplete.clear();
            self.incomplete.extend_from_slice(rest);
            if emptied {
                return Ok(());
            }
        }
    }

    /// Handles all complete frames and returns the bytes after them.
    fn handle_bytes<'a>(
        &mut self,
        bytes: &'a [u8],
        traffic: &mut Traffic,
    ) -> Result<&'a [u8], String> {
        let mut rest = bytes;
        if self.state == State::Handshake {
            let Some(end) = rest.windows(4).position(|four| four == b"\r\n\r\n") else {
                return Ok(rest);
            };
            if !rest.starts_with(b"HTTP/1.1 101 ") {
                let response = String::from_utf8_lossy(rest);
                return Err(format!("was refused: {response}"));
            }
            rest = rest.get(end + 4..).unwrap_or_default();
            self.send(TEXT, envelope::join(self.member.room).as_bytes())?;
            self.state = State::Joining;
        }
        let now = traffic.stopwatch.nanos();
        while let Some((frame, after)) = frame::decode(rest, self.member.compressed)? {
            rest = after;
            self.handle_frame(&frame, now, traffic)?;
        }
        Ok(rest)
    }

    fn handle_frame(
        &mut self,
        frame: &Frame<'_>,
        now: u64,
        traffic: &mut Traffic,
    ) -> Result<(), String> {
        match (frame.opcode, self.state) {
            (TEXT, State::Joined) if frame.compressed => {
                traffic.counted(frame.payload.len());
                Ok(())
            }
            // A refusal is too short to be compressed.
            (TEXT, _) if frame.compressed => {
                self.state = State::Joined;
                traffic.joined(now.saturating_sub(self.started));
                Ok(())
            }
            (TEXT, State::Joined) => self.handle_message(frame.payload, now, traffic),
            (TEXT, _) if envelope::is_joined(frame.payload) => {
                self.state = State::Joined;
                traffic.joined(now.saturating_sub(self.started));
                if let Some(journal) = &mut traffic.journal {
                    journal.joined(&self.member, envelope::last_seq(frame.payload));
                }
                Ok(())
            }
            (TEXT, _) => {
                let response = String::from_utf8_lossy(frame.payload);
                Err(format!("could not join: {response}"))
            }
            (PING, _) => self.send(PONG, frame.payload),
            (CLOSE, _) => Err(match frame.payload {
                [high, low, ..] => {
                    format!("was closed with {}", u16::from_be_bytes([*high, *low]))
                }
                _ => "was closed without a code".to_owned(),
            }),
            _ => Ok(()),
        }
    }

    fn handle_message(
        &mut self,
        payload: &[u8],
        now: u64,
        traffic: &mut Traffic,
    ) -> Result<(), String> {
        let stamp = Stamp::of(payload);
        let own = stamp.is_some_and(|stamp| stamp.author == self.member.number);
        let seq = envelope::seq(payload);
        if let (Some(journal), Some(seq)) = (&mut traffic.journal, seq) {
            journal.received(&self.member, own, seq, now);
        }
        let answered = match stamp {
            Some(stamp) => {
                traffic.delivered(stamp, own, payload.len(), now);
                own
            }
            // Another process may know an event without the request it came from.
            None if seq.is_some() => false,
            None => {
                traffic.refused(payload);
                self.member.author
            }
        };
        if answered && traffic.keep_writing {
            self.write(traffic)?;
        }
        Ok(())
    }

    /// Queues one more message. [`flush`](Self::flush) sends it.
    pub(crate) fn write(&mut self, traffic: &mut Traffic) -> Result<(), String> {
        let stamp = Stamp {
            sent: traffic.stopwatch.nanos(),
            author: self.member.number,
        };
        if let Some(work) = &mut traffic.server_work {
            work.sent(stamp);
        }
        self.send(TEXT, traffic.create.stamped(stamp))
    }

    fn send(&mut self, opcode: OpCode, payload: &[u8]) -> Result<(), String> {
        frame::encode(&mut self.unsent, opcode, payload)
            .map_err(|error| format!("could not send: {error}"))
    }
}

/// Whether the socket has no data or no room, or is not connected yet.
fn is_not_ready(error: &io::Error) -> bool {
    use io::ErrorKind::{Interrupted, NotConnected, WouldBlock};
    matches!(error.kind(), WouldBlock | Interrupted | NotConnected)
}
