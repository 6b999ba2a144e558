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
    /// Requests that one connection may make in a second. `None`: no limit.
    pub requests_per_second: Option<u32>,
    /// Frames that may wait for one slow reader.
    pub outbox_frames: usize,
    /// Bytes that may wait for one slow reader.
    pub outbox_bytes: usize,
    /// From accepting a connection to the end of its handshake. The HTTP server
    /// enforces it.
    pub handshake: Duration,
    /// From one ping to the next.
    pub ping: Duration,
    /// How long a client may be silent; it is pinged meanwhile.
    pub idle: Duration,
    /// Over how long the connections are closed when the service stops.
    pub drain: Duration,
    /// How long the connections may take to end after they have been closed.
    pub shutdown: Duration,
}
