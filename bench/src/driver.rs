//! The loop of one thread: opens connections, then moves whatever is ready.

use std::{io::ErrorKind, net::SocketAddr, time::Duration};

use anyhow::{Context, bail, ensure};
use mio::{Events, Interest, Poll, Token};

use crate::{
    connection::{Connection, Seat},
    target::Target,
    traffic::Traffic,
};

/// Reads are at most so long: about what stays in a core's own cache.
const BUFFER: usize = 128 * 1024;

/// How many sockets are looked at between two questions to the system.
const EVENTS: usize = 1024;

/// How long to wait for sockets where nothing else is due.
const STEP: Duration = Duration::from_millis(10);

/// How long connections may take to open beyond the time their rate gives them.
const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) struct Driver {
    poll: Poll,
    events: Events,
    /// `None` where the connection was lost.
    connections: Vec<Option<Connection>>,
    buffer: Vec<u8>,
    pub(crate) traffic: Traffic,
}

impl Driver {
    pub(crate) fn new(traffic: Traffic) -> anyhow::Result<Self> {
        Ok(Self {
            poll: Poll::new().context("cannot wait for sockets")?,
            events: Events::with_capacity(EVENTS),
            connections: Vec::new(),
            buffer: vec![0; BUFFER],
            traffic,
        })
    }

    /// Opens a connection for each seat, `rate` in a second, and returns when all
    /// have joined.
    pub(crate) fn open(
        &mut self,
        target: &Target,
        seats: &[Seat],
        rate: f64,
    ) -> anyhow::Result<()> {
        let address = target.address()?;
        let all = u32::try_from(seats.len()).context("too many connections")?;
        let begin = self.traffic.clock.nanos();
        let end = begin + nanos(Duration::from_secs_f64(f64::from(all) / rate) + PATIENCE);
        for (number, seat) in (0..all).zip(seats) {
            let due = begin + nanos(Duration::from_secs_f64(f64::from(number) / rate));
            self.run(due)?;
            self.check()?;
            self.begin(target, address, *seat)?;
        }
        while self.traffic.opening.count() < u64::from(all) {
            self.turn(STEP)?;
            self.check()?;
            ensure!(
                self.traffic.clock.nanos() < end,
                "only {} of {all} connections could be opened in time",
                self.traffic.opening.count(),
            );
        }
        Ok(())
    }

    /// Until all have joined, one that fails makes the rest pointless.
    fn check(&self) -> anyhow::Result<()> {
        match &self.traffic.tally.trouble {
            Some(trouble) => bail!("{trouble}"),
            None => Ok(()),
        }
    }

    fn begin(&mut self, target: &Target, address: SocketAddr, seat: Seat) -> anyhow::Result<()> {
        let handshake = target.handshake(seat.user)?;
        let now = self.traffic.clock.nanos();
        let number = seat.number;
        let mut connection = Connection::open(address, handshake, seat, now)
            .with_context(|| format!("cannot open connection {number}"))?;
        // Both for good: readiness is told once each time it comes.
        self.poll.registry().register(
            &mut connection.stream,
            Token(self.connections.len()),
            Interest::READABLE | Interest::WRITABLE,
        )?;
        self.connections.push(Some(connection));
        Ok(())
    }

    /// Moves whatever is ready until `until`, in nanoseconds since the tool
    /// started; at least what is ready now.
    pub(crate) fn run(&mut self, until: u64) -> anyhow::Result<()> {
        loop {
            let left = until.saturating_sub(self.traffic.clock.nanos());
            self.turn(Duration::from_nanos(left))?;
            if left == 0 {
                return Ok(());
            }
        }
    }

    fn turn(&mut self, patience: Duration) -> anyhow::Result<()> {
        match self.poll.poll(&mut self.events, Some(patience)) {
            Err(error) if error.kind() == ErrorKind::Interrupted => return Ok(()),
            polled => polled.context("cannot wait for sockets")?,
        }
        for event in &self.events {
            let Some(slot) = self.connections.get_mut(event.token().0) else {
                continue;
            };
            let received = match slot {
                Some(connection) if event.is_readable() => {
                    let ended = event.is_read_closed();
                    connection.receive(ended, &mut self.buffer, &mut self.traffic)
                }
                _ => Ok(()),
            };
            settle(slot, received, &mut self.traffic);
        }
        Ok(())
    }

    /// The authors of this thread write so many messages each.
    pub(crate) fn write(&mut self, messages: u64) {
        for slot in &mut self.connections {
            let Some(connection) = slot.as_mut().filter(|connection| connection.seat.author) else {
                continue;
            };
            for _ in 0..messages {
                connection.write(&mut self.traffic);
            }
            settle(slot, Ok(()), &mut self.traffic);
        }
    }
}

/// Sends what is to be sent, and gives up the connection where it is lost.
fn settle(slot: &mut Option<Connection>, received: Result<(), String>, traffic: &mut Traffic) {
    let Some(connection) = slot else { return };
    let sent = received.and_then(|()| {
        let sent = connection.flush();
        sent.map_err(|error| format!("broke: {error}"))
    });
    if let Err(why) = sent {
        traffic.lost(connection.seat.number, &why);
        *slot = None;
    }
}

fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}
