//! What a connection may cost.

use std::time::Duration;

/// What a connection may cost.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Connections in all.
    pub connections: usize,
    /// Connections of one user.
    pub connections_per_user: usize,
    /// The largest message a client may send, in bytes.
    pub frame_bytes: usize,
    /// Frames that one connection may send in a second, as a mean over four seconds:
    /// requests, malformed ones too, and pings. `None`: no limit.
    pub requests_per_second: Option<u32>,
    /// Messages that one user may create, edit and delete in one room in a second, as a
    /// mean over four seconds. `None`: no limit.
    pub writes_per_second: Option<u32>,
    /// Events that may wait for one slow reader.
    pub outbox_frames: usize,
    /// Bytes of events that may wait for one slow reader.
    pub outbox_bytes: usize,
    /// Whether messages are compressed for the clients that offer it.
    pub compression: bool,
    /// From one ping to the next.
    pub ping: Duration,
    /// How long a client may be silent; it is pinged meanwhile.
    pub idle: Duration,
    /// Whether a connection that has followed or renewed is closed after its access token
    /// has ended.
    pub close_expired: bool,
    /// Over how long the connections are closed when the service stops.
    pub drain: Duration,
    /// How long the connections may take to end after they have been closed.
    pub shutdown: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 10_000,
            connections_per_user: 100,
            frame_bytes: 64 * 1024,
            requests_per_second: Some(50),
            writes_per_second: Some(20),
            outbox_frames: 1_024,
            outbox_bytes: 1024 * 1024,
            compression: true,
            ping: Duration::from_secs(25),
            idle: Duration::from_secs(60),
            close_expired: false,
            drain: Duration::ZERO,
            shutdown: Duration::from_secs(10),
        }
    }
}
