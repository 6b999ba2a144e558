//! Metrics of the adapter. None of them names a user, a room or a token.

use std::{sync::Arc, time::Duration};

use prometheus_client::{
    encoding::EncodeLabelSet,
    metrics::{counter::Counter, family::Family, gauge::Gauge, histogram::Histogram},
    registry::{Registry, Unit},
};

/// Upper bounds of durations, in seconds.
const SECONDS: [f64; 12] = [
    0.000_05, 0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.05, 0.25, 1.0, 5.0,
];

pub(crate) struct Metrics {
    pub(crate) connections: Family<EndpointLabel, Gauge>,
    pub(crate) refused: Family<ReasonLabel, Counter>,
    pub(crate) requests: Family<ResponseLabels, Counter>,
    pub(crate) durations: Family<ActionLabel, Histogram>,
    pub(crate) delivery_duration: Histogram,
    pub(crate) frames_received: Counter,
    pub(crate) bytes_received: Counter,
    pub(crate) frames_sent: Counter,
    pub(crate) bytes_sent: Counter,
    pub(crate) compressible_bytes: Counter,
    pub(crate) compressed_bytes: Counter,
    pub(crate) slow_readers: Counter,
    pub(crate) outbox_frames: Gauge,
    pub(crate) outbox_bytes: Gauge,
    pub(crate) held_bytes: Gauge,
    pub(crate) evictions: Family<ReasonLabel, Counter>,
    pub(crate) panics: Counter,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(crate) struct EndpointLabel {
    pub(crate) endpoint: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(crate) struct ReasonLabel {
    pub(crate) reason: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(crate) struct ResponseLabels {
    pub(crate) action: &'static str,
    pub(crate) status: u16,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(crate) struct ActionLabel {
    pub(crate) action: &'static str,
}

impl Metrics {
    /// Counts a refused handshake.
    pub(crate) fn refuse(&self, reason: &'static str) {
        self.refused.get_or_create(&ReasonLabel { reason }).inc();
    }

    /// Counts what was compressed, and what that made of it.
    pub(crate) fn compressed(&self, before: usize, after: usize) {
        self.compressible_bytes.inc_by(before as u64);
        self.compressed_bytes.inc_by(after as u64);
    }

    /// Counts seats that were taken away.
    pub(crate) fn evicted(&self, reason: &'static str, seats: u64) {
        let evictions = &self.evictions;
        evictions
            .get_or_create(&ReasonLabel { reason })
            .inc_by(seats);
    }

    /// Counts a response, with the time it took if that is known.
    pub(crate) fn responded(&self, action: &'static str, status: u16, took: Option<Duration>) {
        self.requests
            .get_or_create(&ResponseLabels { action, status })
            .inc();
        if let Some(took) = took {
            let durations = self.durations.get_or_create(&ActionLabel { action });
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
            delivery_duration: durations(),
            frames_received: Counter::default(),
            bytes_received: Counter::default(),
            frames_sent: Counter::default(),
            bytes_sent: Counter::default(),
            compressible_bytes: Counter::default(),
            compressed_bytes: Counter::default(),
            slow_readers: Counter::default(),
            outbox_frames: Gauge::default(),
            outbox_bytes: Gauge::default(),
            held_bytes: Gauge::default(),
            evictions: Family::default(),
            panics: Counter::default(),
        }
    }
}

/// Registers these metrics.
pub(crate) fn register(registry: &mut Registry, metrics: &Metrics) {
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
        "Requests, by action and status of the response",
        metrics.requests.clone(),
    );
    registry.register_with_unit(
        "request_duration",
        "From a request to its response",
        Unit::Seconds,
        metrics.durations.clone(),
    );
    registry.register_with_unit(
        "delivery_duration",
        "From the delivery of an event to its frames handed to the sockets",
        Unit::Seconds,
        metrics.delivery_duration.clone(),
    );
    register_traffic(registry, metrics);
    registry.register(
        "evictions",
        "Seats that were taken away, by reason",
        metrics.evictions.clone(),
    );
    registry.register(
        "panics",
        "Sessions that ended because of a bug of the service",
        metrics.panics.clone(),
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
        "compressible_bytes",
        "Bytes of frames before they were compressed, once for all who received them",
        metrics.compressible_bytes.clone(),
    );
    registry.register(
        "compressed_bytes",
        "Bytes of the same frames after that",
        metrics.compressed_bytes.clone(),
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
    registry.register(
        "held_bytes",
        "Bytes that are held for connections: outboxes, requests that have come in part, \
         and what a join has to replay",
        metrics.held_bytes.clone(),
    );
}

/// Bytes held for one purpose of one connection, until this is dropped.
pub(crate) struct HeldBytes {
    metrics: Arc<Metrics>,
    bytes: usize,
}

impl HeldBytes {
    pub(crate) fn new(metrics: Arc<Metrics>) -> Self {
        Self { metrics, bytes: 0 }
    }

    pub(crate) fn set(&mut self, bytes: usize) {
        if bytes != self.bytes {
            let change = bytes as i64 - self.bytes as i64;
            self.metrics.held_bytes.inc_by(change);
            self.bytes = bytes;
        }
    }
}

impl Drop for HeldBytes {
    fn drop(&mut self) {
        self.set(0);
    }
}
