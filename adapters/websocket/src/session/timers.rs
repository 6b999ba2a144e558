use std::time::Duration;

use aftermatch_protocol::close::Close;
use tokio::time::Instant;

use super::Closing;
use crate::{
    limits::Limits,
    transport::{Outbox, frame},
};

/// When a connection on which nothing happens needs attention.
pub(super) struct Timers {
    last_received: Instant,
    next_ping: Instant,
    idle: Duration,
    ping: Duration,
}

impl Timers {
    pub(super) fn start(limits: &Limits) -> Self {
        let now = Instant::now();
        Self {
            last_received: now,
            next_ping: now + limits.ping,
            idle: limits.idle,
            ping: limits.ping,
        }
    }

    /// The next moment to call [`Timers::check`]. A frame that comes before only
    /// moves it on.
    pub(super) fn next(&self) -> Instant {
        self.next_ping.min(self.last_received + self.idle)
    }

    pub(super) fn received(&mut self) {
        self.last_received = Instant::now();
    }

    /// Pings the client when it is time, and ends a connection that is silent, or
    /// takes nothing, for too long.
    pub(super) fn check(&mut self, outbox: &Outbox) -> Option<Closing> {
        let now = Instant::now();
        let over = |since: Instant| now >= since + self.idle;
        if over(self.last_received) {
            return Some(Closing::ByServer(Close::SILENT));
        }
        if outbox.blocked().is_some_and(over) {
            return Some(Closing::ByClient);
        }
        if now >= self.next_ping {
            self.next_ping = now + self.ping;
            outbox.push(frame::ping());
            outbox.flush();
        }
        None
    }
}
