//! The metrics of the bridge.

use std::sync::atomic::AtomicU64;

use prometheus_client::{
    encoding::EncodeLabelSet,
    metrics::{counter::Counter, family::Family, gauge::Gauge},
    registry::Registry,
};
use tokio::sync::Notify;

use super::mapping::Target;

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfTarget {
    target: &'static str,
}

/// What the bridge of this process shows, and what wakes it.
#[derive(Default)]
pub(crate) struct Watched {
    waiting: Gauge,
    oldest: Gauge<f64, AtomicU64>,
    missing: Gauge,
    failures: Family<OfTarget, Counter>,
    /// Notified when something was written here.
    pub(crate) written: Notify,
}

impl Watched {
    pub(super) fn waiting(&self, marks: i64, oldest_seconds: f64) {
        self.waiting.set(marks);
        self.oldest.set(oldest_seconds);
    }

    pub(super) fn missing(&self, triggers: usize) {
        self.missing
            .set(i64::try_from(triggers).unwrap_or(i64::MAX));
    }

    pub(super) fn failed(&self, target: Target) {
        let target = target.name();
        self.failures.get_or_create(&OfTarget { target }).inc();
    }

    /// Adds the metrics to `registry`.
    pub(crate) fn register(&self, registry: &mut Registry) {
        registry.register(
            "bridge_marks",
            "Rows of the platform, and messages for it, that are not applied yet",
            self.waiting.clone(),
        );
        registry.register(
            "bridge_oldest_mark_seconds",
            "How long the oldest of them has waited",
            self.oldest.clone(),
        );
        registry.register(
            "bridge_missing_triggers",
            "Tables of the platform without a trigger of the bridge",
            self.missing.clone(),
        );
        registry.register(
            "bridge_failures",
            "Rows that could not be applied, by what they are",
            self.failures.clone(),
        );
    }
}
