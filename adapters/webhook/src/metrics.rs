use std::sync::atomic::AtomicU64;

use aftermatch_ports::Backlog;
use prometheus_client::{
    encoding::EncodeLabelSet,
    metrics::{counter::Counter, family::Family, gauge::Gauge},
    registry::{Registry, Unit},
};

use crate::client::Failure;

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ResultLabel {
    result: &'static str,
}

/// What operators see of the webhook.
#[derive(Default)]
pub(crate) struct Metrics {
    requests: Family<ResultLabel, Counter>,
    rooms: Gauge,
    oldest: Gauge<f64, AtomicU64>,
    dead_letters: Gauge,
}

impl Metrics {
    pub(crate) fn posted(&self, posted: &Result<(), Failure>) {
        let result = match posted {
            Ok(()) => "delivered",
            Err(Failure::Status { .. }) => "refused",
            Err(Failure::TimedOut) => "timeout",
            Err(Failure::Unreachable(_)) => "unreachable",
        };
        self.requests.get_or_create(&ResultLabel { result }).inc();
    }

    pub(crate) fn show(&self, backlog: Backlog) {
        let count = |count| i64::try_from(count).unwrap_or(i64::MAX);
        self.rooms.set(count(backlog.rooms));
        self.oldest.set(backlog.oldest.as_secs_f64());
        self.dead_letters.set(count(backlog.dead_letters));
    }

    pub(crate) fn register(&self, registry: &mut Registry) {
        registry.register(
            "webhook_requests",
            "Messages sent to the webhook, by what came of it",
            self.requests.clone(),
        );
        registry.register(
            "webhook_waiting_rooms",
            "Rooms with messages that are still to be pushed, at the process that pushes",
            self.rooms.clone(),
        );
        registry.register_with_unit(
            "webhook_oldest",
            "The longest time for which one of them has not moved on",
            Unit::Seconds,
            self.oldest.clone(),
        );
        registry.register(
            "webhook_dead_letters",
            "Messages that the webhook did not accept in time",
            self.dead_letters.clone(),
        );
    }
}
