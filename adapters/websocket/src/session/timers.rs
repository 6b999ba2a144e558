use std::time::Duration;

use aftermatch_protocol::close::Close;
use tokio::time::Instant;

use super::Closing;
use crate::{
    limits::Limits,
    transport::{Outbox, Reader, frame},
};

/// How long a message may take from its first byte to its last.
const MESSAGE_TIMEOUT: Duration = Duration::from_secs(120);

/// When a connection on which nothing happens needs attention. Bytes in either direction
/// show that the other side is there: a large frame may take its time.
pub(super) struct Timers {
    next_ping: Instant,
    idle: Duration,
    ping: Duration,
    /// When the connection is closed because its access token has ended.
    expiry: Option<Instant>,
}

impl Timers {
    pub(super) fn start(limits: &Limits) -> Self {
        let now = Instant::now();
        Self {
            next_ping: now + limits.ping,
            idle: limits.idle,
            ping: limits.ping,
            expiry: None,
        }
    }

    /// Sets when the connection is closed because its access token has ended.
    pub(super) fn end_at(&mut self, expiry: Option<Instant>) {
        self.expiry = expiry;
    }

    /// The next moment to call [`Timers::check`]. What happens before only moves it on.
    pub(super) fn next(&self, outbox: &Outbox, reader: &Reader) -> Instant {
        let silent = last_sign(outbox, reader) + self.idle;
        let next = self.next_ping.min(silent);
        let next = self.expiry.map_or(next, |expiry| next.min(expiry));
        match reader.partial() {
            Some(since) => next.min(since + MESSAGE_TIMEOUT),
            None => next,
        }
    }

    /// Pings the client when it is time, and ends a connection that is silent, or
    /// takes nothing, or does not complete a message, for too long.
    pub(super) fn check(&mut self, outbox: &Outbox, reader: &Reader) -> Option<Closing> {
        let now = Instant::now();
        let over = |since: Instant, limit| now >= since + limit;
        if self.expiry.is_some_and(|expiry| now >= expiry) {
            return Some(Closing::ByServer(Close::TOKEN_ENDED));
        }
        let blocked = outbox.blocked();
        if blocked.is_some_and(|since| over(since, self.idle)) {
            return Some(Closing::ByClient);
        }
        if over(last_sign(outbox, reader), self.idle) {
            return Some(Closing::ByServer(Close::SILENT));
        }
        if reader
            .partial()
            .is_some_and(|since| over(since, MESSAGE_TIMEOUT))
        {
            return Some(Closing::ByServer(Close::UNFINISHED));
        }
        if now >= self.next_ping {
            self.next_ping = now + self.ping;
            // A ping would wait behind what the client is taking.
            if blocked.is_none() {
                outbox.control(frame::ping());
                outbox.flush();
            }
        }
        None
    }
}

/// When the client last sent or took something.
fn last_sign(outbox: &Outbox, reader: &Reader) -> Instant {
    let last_read = reader.last_read();
    outbox
        .last_taken()
        .map_or(last_read, |taken| taken.max(last_read))
}
