//! The event loop of one thread: opens connections, then reads and writes.

use std::{io::ErrorKind, net::SocketAddr, time::Duration};

use anyhow::{Context, bail, ensure};
use mio::{Events, Interest, Poll, Token};

use crate::{connection::Connection, member::Member, target::Target, traffic::Traffic};

/// Longest read: about what fits in the cache of a core.
const READ_BYTES: usize = 128 * 1024;

/// How many sockets one poll returns.
const MAX_EVENTS: usize = 1024;

/// Longest poll while the last connections open.
const POLL_TIMEOUT: Duration = Duration::from_millis(10);

/// How much longer the connections may take to open than their rate says.
const OPEN_TIMEOUT: Duration = Duration::from_secs(20);

pub(crate) struct Driver {
    poll: Poll,
    events: Events,
    /// `None` if the connection was lost.
    connections: Vec<Option<Connection>>,
    buffer: Vec<u8>,
    pub(crate) traffic: Traffic,
}

impl Driver {
    pub(crate) fn new(traffic: Traffic) -> anyhow::Result<Self> {
        Ok(Self {
            poll: Poll::new().context("cannot wait for sockets")?,
            events: Events::with_capacity(MAX_EVENTS),
            connections: Vec::new(),
            buffer: vec![0; READ_BYTES],
            traffic,
        })
    }

    /// Opens a connection for each member, `rate` a second, and returns when all
    /// have joined.
    pub(crate) fn open(
        &mut self,
        target: &Target,
        members: &[Member],
        rate: f64,
    ) -> anyhow::Result<()> {
        let addresses = target.addresses()?;
        let count = u32::try_from(members.len()).context("too many connections")?;
        let started = self.traffic.stopwatch.nanos();
        let end = started + nanos(Duration::from_secs_f64(f64::from(count) / rate) + OPEN_TIMEOUT);
        for (number, member) in (0..count).zip(members) {
            let due = started + nanos(Duration::from_secs_f64(f64::from(number) / rate));
            self.run(due)?;
            self.check()?;
            self.connect(target, &addresses, *member)?;
        }
        while self.traffic.opening.len() < u64::from(count) {
            self.poll_once(POLL_TIMEOUT)?;
            self.check()?;
            ensure!(
                self.traffic.stopwatch.nanos() < end,
                "only {} of {count} connections could be opened in time",
                self.traffic.opening.len(),
            );
        }
        Ok(())
    }

    /// Fails if any connection has failed: without it the run means nothing.
    pub(crate) fn check(&self) -> anyhow::Result<()> {
        match &self.traffic.tally.first_problem {
            Some(problem) => bail!("{problem}"),
            None => Ok(()),
        }
    }

    /// Starts to open one connection. `addresses` are those of the processes.
    pub(crate) fn connect(
        &mut self,
        target: &Target,
        addresses: &[SocketAddr],
        member: Member,
    ) -> anyhow::Result<()> {
        let handshake = target.handshake(member.process, member.user, member.compressed)?;
        let address = addresses.get(usize::try_from(member.process)?);
        let address = address.context("there are fewer processes")?;
        let now = self.traffic.stopwatch.nanos();
        let number = member.number;
        let mut connection = Connection::open(*address, handshake, member, now)
            .with_context(|| format!("cannot open connection {number}"))?;
        // Registered once for both: mio reports each change of readiness.
        self.poll.registry().register(
            &mut connection.stream,
            Token(self.connections.len()),
            Interest::READABLE | Interest::WRITABLE,
        )?;
        self.connections.push(Some(connection));
        Ok(())
    }

    /// Reads and writes until `until`, in nanoseconds since the tool started; at
    /// least once.
    pub(crate) fn run(&mut self, until: u64) -> anyhow::Result<()> {
        loop {
            let left = until.saturating_sub(self.traffic.stopwatch.nanos());
            self.poll_once(Duration::from_nanos(left))?;
            if left == 0 {
                return Ok(());
            }
        }
    }

    fn poll_once(&mut self, timeout: Duration) -> anyhow::Result<()> {
        match self.poll.poll(&mut self.events, Some(timeout)) {
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
            flush_or_drop(slot, received, &mut self.traffic);
        }
        Ok(())
    }

    /// Every author of this thread writes `count` messages.
    pub(crate) fn write(&mut self, count: u64) {
        for slot in &mut self.connections {
            write(slot, count, &mut self.traffic);
        }
    }

    /// The author that was opened as number `at`, from 0, writes one message.
    pub(crate) fn write_one(&mut self, at: usize) {
        if let Some(slot) = self.connections.get_mut(at) {
            write(slot, 1, &mut self.traffic);
        }
    }
}

/// Writes `count` messages, if this is an author.
fn write(slot: &mut Option<Connection>, count: u64, traffic: &mut Traffic) {
    let Some(connection) = slot.as_mut().filter(|connection| connection.member.author) else {
        return;
    };
    let written = (0..count).try_for_each(|_| connection.write(traffic));
    flush_or_drop(slot, written, traffic);
}

/// Sends what is queued. Drops the connection if `result` or sending has failed.
fn flush_or_drop(slot: &mut Option<Connection>, result: Result<(), String>, traffic: &mut Traffic) {
    let Some(connection) = slot else { return };
    let sent = result.and_then(|()| {
        let sent = connection.flush();
        sent.map_err(|error| format!("broke: {error}"))
    });
    if let Err(reason) = sent {
        traffic.lost(connection.member.number, &reason);
        *slot = None;
    }
}

fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}
