//! What the connections of one port may cost.

use std::time::Duration;

/// What the connections of one port may cost.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// From accepting a connection to the end of its last request, unless it has
    /// been upgraded by then.
    pub head: Duration,
    /// Sockets that may be open at a time, upgraded ones included.
    pub sockets: usize,
    /// How long a request in flight may still take when its connection ends.
    pub grace: Duration,
}
