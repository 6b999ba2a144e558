//! One connection of an attacker.

use std::{
    io::{self, ErrorKind, Read, Write},
    net::{Shutdown, SocketAddr, TcpStream},
    thread,
    time::Duration,
};

/// Bytes of one read.
const READ_BYTES: usize = 64 * 1024;

/// The pause of a slow reader after each read: it reads 1 MB/s.
const READ_PAUSE: Duration = Duration::from_millis(65);

/// The end of the close frame for a client that sends too much.
const TOO_MANY: &[u8] = b"too many requests: send fewer";

/// Silent sockets of one attacker.
const SILENT: usize = 100;

/// How much of the CPU is used at a time without a connection.
const BURN_ROUNDS: u64 = 10_000_000;

/// What an attacker does until its connection ends.
pub(super) enum Plan {
    Burn,
    Flood(Flood),
    /// Sends a request, waits for the response, and closes.
    Connect(Vec<u8>),
    Silent,
}

pub(super) struct Flood {
    /// The handshake; empty for plain HTTP.
    hello: Vec<u8>,
    /// What is sent once after it.
    first: Vec<u8>,
    /// What is sent again and again; empty for nothing.
    batch: Vec<u8>,
    /// After each read.
    pause: Duration,
    /// Whether it goes on after the service's close frame, until the connection breaks.
    /// Otherwise it connects again.
    stubborn: bool,
}

impl Plan {
    /// A WebSocket on which `batch` is sent again and again.
    pub(super) fn flood(hello: Vec<u8>, batch: Vec<u8>) -> Self {
        Self::Flood(Flood {
            hello,
            first: Vec::new(),
            batch,
            pause: Duration::ZERO,
            stubborn: false,
        })
    }

    /// Requests of plain HTTP, again and again.
    pub(super) fn requests(batch: Vec<u8>) -> Self {
        Self::flood(Vec::new(), batch)
    }

    /// A WebSocket with one request, whose response is read slowly.
    pub(super) fn read_slowly(hello: Vec<u8>, request: Vec<u8>) -> Self {
        Self::Flood(Flood {
            hello,
            first: request,
            batch: Vec::new(),
            pause: READ_PAUSE,
            stubborn: false,
        })
    }

    /// The same after joining a room.
    pub(super) fn joining(mut self, join: Vec<u8>) -> Self {
        if let Self::Flood(flood) = &mut self {
            flood.first = join;
        }
        self
    }

    /// The same by an attacker that does not stop at a close frame.
    pub(super) fn stubborn(mut self) -> Self {
        if let Self::Flood(flood) = &mut self {
            flood.stubborn = true;
        }
        self
    }

    /// Does it once, which may take until the server ends the connection.
    pub(super) fn carry_out(&self, address: SocketAddr) -> io::Result<()> {
        match self {
            Self::Burn => {
                std::hint::black_box((0..BURN_ROUNDS).fold(0, u64::wrapping_add));
                Ok(())
            }
            Self::Flood(flood) => flood.run(address),
            Self::Connect(request) => {
                let mut stream = TcpStream::connect(address)?;
                stream.write_all(request)?;
                read_head(&mut stream)
            }
            Self::Silent => {
                let sockets = (0..SILENT).map(|_| TcpStream::connect(address));
                let sockets: Vec<_> = sockets.collect::<io::Result<_>>()?;
                // Until the server ends the first.
                if let Some(mut first) = sockets.first() {
                    first.read_to_end(&mut Vec::new())?;
                }
                Ok(())
            }
        }
    }
}

impl Flood {
    fn run(&self, address: SocketAddr) -> io::Result<()> {
        let mut stream = TcpStream::connect(address)?;
        if !self.hello.is_empty() {
            stream.write_all(&self.hello)?;
            read_head(&mut stream)?;
        }
        stream.write_all(&self.first)?;
        thread::scope(|scope| {
            scope.spawn(|| self.drain(&stream));
            while !self.batch.is_empty() && (&stream).write_all(&self.batch).is_ok() {}
        });
        Ok(())
    }

    /// Reads until the end, and then ends the connection on this side too, so that
    /// nothing more is written.
    fn drain(&self, mut stream: &TcpStream) {
        let mut buffer = vec![0; READ_BYTES];
        while let Ok(length @ 1..) = stream.read(&mut buffer) {
            let received = buffer.get(..length).unwrap_or_default();
            if received.ends_with(TOO_MANY) && !self.stubborn {
                break;
            }
            thread::sleep(self.pause);
        }
        let _ = stream.shutdown(Shutdown::Both);
    }
}

/// Reads the head of a response and nothing after it.
fn read_head(stream: &mut TcpStream) -> io::Result<()> {
    let mut last = [0; 4];
    while last != *b"\r\n\r\n" {
        last.rotate_left(1);
        let [.., byte] = &mut last;
        if stream.read(std::slice::from_mut(byte))? == 0 {
            return Err(ErrorKind::UnexpectedEof.into());
        }
    }
    Ok(())
}
