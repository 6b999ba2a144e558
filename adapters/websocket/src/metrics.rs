//! What the adapter counts. Nothing here names a user, a room or a token.

use std::{sync::Arc, time::Duration};

use prometheus_client::{
    encoding::EncodeLabelSet,
    metrics::{counter::Counter, family::Family, gauge::Gauge, histogram::Histogram},
    registry::{Registry, Unit},
};

use crate::Hub;

/// Upper bounds of durations, in seconds: from what memory takes to what nobody
/// waits for.
const SECONDS: [f64; 12] = [
    0.000_05, 0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.05, 0.25, 1.0, 5.0,
];

pub(crate) struct Metrics {
    pub(crate) connections: Family<At, Gauge>,
    pub(crate) refused: Family<Why, Counter>,
    pub(crate) requests: Family<Answered, Counter>,
    pub(crate) durations: Family<Asked, Histogram>,
    pub(crate) told: Histogram,
    pub(crate) frames_received: Counter,
    pub(crate) bytes_received: Counter,
    pub(crate) frames_sent: Counter,
    pub(crate) bytes_sent: Counter,
    pub(crate) slow_readers: Counter,
    pub(crate) outbox_frames: Gauge,
    pub(crate) outbox_bytes: Gauge,
    pub(crate) evictions: Family<Why, Counter>,
}

/// An endpoint.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(crate) struct At {
    pub(crate) endpoint: &'static str,
}

/// A reason, as a word.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(crate) struct Why {
    pub(crate) reason: &'static str,
}

/// A request and what it was answered.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(crate) struct Answered {
    pub(crate) action: &'static str,
    pub(crate) status: u16,
}

/// A request.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(crate) struct Asked {
    pub(crate) action: &'static str,
}

impl Metrics {
    /// Somebody was not let in.
    pub(crate) fn refuse(&self, reason: &'static str) {
        self.refused.get_or_create(&Why { reason }).inc();
    }

    /// A request was answered; how long it took, where that says anything.
    pub(crate) fn answered(&self, action: &'static str, status: u16, took: Option<Duration>) {
        self.requests
            .get_or_create(&Answered { action, status })
            .inc();
        if let Some(took) = took {
            let durations = self.durations.get_or_create(&Asked { action });
            durations.observe(took.as_secs_f64());
        }
    }
}

fn durations() -> Histogram {
    Histogram::new(SECONDS)
}

impl Default for Metrics {
    fn default() -> Self {
        Self {
            connections: Family::default(),
            refused: Family::default(),
            requests: Family::default(),
            durations: Family::new_with_constructor(durations),
            told: durations(),
            frames_received: Counter::default(),
            bytes_received: Counter::default(),
            frames_sent: Counter::default(),
            bytes_sent: Counter::default(),
            slow_readers: Counter::default(),
            outbox_frames: Gauge::default(),
            outbox_bytes: Gauge::default(),
            evictions: Family::default(),
        }
    }
}

/// Shows `registry` what `hub` counts, and those it serves.
pub fn register(registry: &mut Registry, hub: &Arc<Hub>) {
    let metrics = hub.metrics();
    registry.register(
        "connections",
        "WebSocket connections that are open",
        metrics.connections.clone(),
    );
    registry.register(
        "handshakes_refused",
        "Handshakes that were refused, by reason",
        metrics.refused.clone(),
    );
    registry.register(
        "requests",
        "Requests that were answered, by action and status",
        metrics.requests.clone(),
    );
    registry.register_with_unit(
        "request_duration",
        "From a request to its answer",
        Unit::Seconds,
        metrics.durations.clone(),
    );
    registry.register_with_unit(
        "told_duration",
        "From a change that was kept to its frames handed to the sockets",
        Unit::Seconds,
        metrics.told.clone(),
    );
    register_traffic(registry, metrics);
    registry.register(
        "evictions",
        "Seats taken away from those who lost the right to them, by reason",
        metrics.evictions.clone(),
    );
}

fn register_traffic(registry: &mut Registry, metrics: &Metrics) {
    registry.register(
        "frames_received",
        "Frames that clients sent",
        metrics.frames_received.clone(),
    );
    registry.register(
        "frames_sent",
        "Frames that were handed to the sockets",
        metrics.frames_sent.clone(),
    );
    registry.register(
        "received_bytes",
        "Bytes of texts that clients sent",
        metrics.bytes_received.clone(),
    );
    registry.register(
        "sent_bytes",
        "Bytes that were handed to the sockets",
        metrics.bytes_sent.clone(),
    );
    registry.register(
        "slow_readers_closed",
        "Connections that were closed because they did not read fast enough",
        metrics.slow_readers.clone(),
    );
    registry.register(
        "outbox_frames",
        "Frames that wait for slow readers",
        metrics.outbox_frames.clone(),
    );
    registry.register(
        "outbox_bytes",
        "Bytes that wait for slow readers",
        metrics.outbox_bytes.clone(),
    );
}
