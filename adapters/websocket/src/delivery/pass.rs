use std::sync::Arc;

use tokio::time::Instant;

use super::connection::Connection;
use crate::metrics::Metrics;

/// One pass over everyone who has joined a room.
pub(super) struct Pass {
    /// When the first of the events to send was delivered.
    pub(super) since: Instant,
    pub(super) recipients: Arc<[Arc<Connection>]>,
}

impl Pass {
    pub(super) fn run(&self, metrics: &Metrics) {
        for connection in self.recipients.iter() {
            connection.outbox().flush();
        }
        metrics
            .delivery_duration
            .observe(self.since.elapsed().as_secs_f64());
    }
}
