//! One connection: opened, joined, and then an author or a listener.

use std::{
    io::{self, Read, Write},
    net::SocketAddr,
};

use mio::net::TcpStream;

use crate::{
    envelope::{self, Stamp},
    frame::{self, Frame},
    traffic::Traffic,
};

/// Where a connection belongs.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Seat {
    /// Its number among all connections of the run.
    pub(crate) number: u64,
    pub(crate) room: u64,
    pub(crate) user: u64,
    /// Whether it writes.
    pub(crate) author: bool,
    /// Whether it never reads again once it has joined.
    pub(crate) stalled: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Handshake,
    Joining,
    Joined,
}

pub(crate) struct Connection {
    pub(crate) stream: TcpStream,
    pub(crate) seat: Seat,
    state: State,
    /// When it was begun, in nanoseconds since the tool started.
    begun: u64,
    /// The beginning of what has not come whole yet.
    unread: Vec<u8>,
    /// What the system has not taken yet.
    unsent: Vec<u8>,
}

impl Connection {
    /// Begins to connect; `handshake` is sent as soon as that is done.
    pub(crate) fn open(
        address: SocketAddr,
        handshake: String,
        seat: Seat,
        begun: u64,
    ) -> io::Result<Self> {
        let stream = TcpStream::connect(address)?;
        Ok(Self {
            stream,
            seat,
            state: State::Handshake,
            begun,
            unread: Vec::new(),
            unsent: handshake.into_bytes(),
        })
    }

    /// Sends what is unsent, as far as the system takes it now.
    pub(crate) fn flush(&mut self) -> io::Result<()> {
        while !self.unsent.is_empty() {
            match self.stream.write(&self.unsent) {
                Ok(sent) => drop(self.unsent.drain(..sent)),
                // Neither the buffer nor, at first, the connection is ready.
                Err(error) if waits(&error) => break,
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Reads until nothing is left, and deals with what came. `ended` tells that
    /// the server has closed its end; `buffer` is lent.
    ///
    /// # Errors
    /// Why the connection is no more, as the end of a sentence.
    pub(crate) fn receive(
        &mut self,
        ended: bool,
        buffer: &mut Vec<u8>,
        traffic: &mut Traffic,
    ) -> Result<(), String> {
        // That the server gives up a reader who does not read is as it should be.
        if self.seat.stalled && self.state == State::Joined {
            return Ok(());
        }
        loop {
            let kept = self.unread.len();
            if buffer.len() < 2 * kept {
                buffer.resize(2 * buffer.len(), 0);
            }
            let (old, free) = buffer.split_at_mut(kept);
            old.copy_from_slice(&self.unread);
            let came = match self.stream.read(free) {
                Ok(0) => return Err("was closed without a word".to_owned()),
                Ok(came) => came,
                Err(error) if waits(&error) => return Ok(()),
                Err(error) => return Err(format!("broke: {error}")),
            };
            // A read that leaves room has emptied the socket; asking again would
            // cost one more call each time.
            let emptied = came < free.len() && !ended;
            let bytes = buffer.get(..kept + came).unwrap_or_default();
            let rest = self.take(bytes, traffic)?;
            self.unread.clear();
            self.unread.extend_from_slice(rest);
            if emptied {
                return Ok(());
            }
        }
    }

    /// Deals with whole frames and returns what is left.
    fn take<'a>(&mut self, bytes: &'a [u8], traffic: &mut Traffic) -> Result<&'a [u8], String> {
        let mut rest = bytes;
        if self.state == State::Handshake {
            let Some(end) = rest.windows(4).position(|four| four == b"\r\n\r\n") else {
                return Ok(rest);
            };
            if !rest.starts_with(b"HTTP/1.1 101 ") {
                let answer = String::from_utf8_lossy(rest);
                return Err(format!("was refused: {answer}"));
            }
            rest = rest.get(end + 4..).unwrap_or_default();
            let join = envelope::join(self.seat.room);
            frame::encode(&mut self.unsent, frame::TEXT, join.as_bytes());
            self.state = State::Joining;
        }
        let now = traffic.clock.nanos();
        while let Some((frame, after)) = frame::decode(rest)? {
            rest = after;
            self.frame(&frame, now, traffic)?;
        }
        Ok(rest)
    }

    fn frame(&mut self, frame: &Frame<'_>, now: u64, traffic: &mut Traffic) -> Result<(), String> {
        match (frame.opcode, self.state) {
            (frame::TEXT, State::Joined) => match Stamp::of(frame.payload) {
                Some(stamp) => {
                    let own = stamp.author == self.seat.number;
                    traffic.delivered(stamp, own, frame.payload.len(), now);
                    if own && traffic.again {
                        self.write(traffic);
                    }
                }
                None => {
                    traffic.refused(frame.payload);
                    if self.seat.author && traffic.again {
                        self.write(traffic);
                    }
                }
            },
            (frame::TEXT, _) if envelope::is_joined(frame.payload) => {
                self.state = State::Joined;
                traffic.joined(now.saturating_sub(self.begun));
            }
            (frame::TEXT, _) => {
                let answer = String::from_utf8_lossy(frame.payload);
                return Err(format!("could not join: {answer}"));
            }
            (frame::PING, _) => frame::encode(&mut self.unsent, frame::PONG, frame.payload),
            (frame::CLOSE, _) => {
                return Err(match frame.payload {
                    [high, low, ..] => {
                        format!("was closed with {}", u16::from_be_bytes([*high, *low]))
                    }
                    _ => "was closed without a code".to_owned(),
                });
            }
            _ => {}
        }
        Ok(())
    }

    /// Puts one more message among what is to be sent.
    pub(crate) fn write(&mut self, traffic: &mut Traffic) {
        let stamp = Stamp {
            sent: traffic.clock.nanos(),
            author: self.seat.number,
        };
        traffic.create.write(&mut self.unsent, stamp);
    }
}

fn waits(error: &io::Error) -> bool {
    use io::ErrorKind::{Interrupted, NotConnected, WouldBlock};
    matches!(error.kind(), WouldBlock | Interrupted | NotConnected)
}
