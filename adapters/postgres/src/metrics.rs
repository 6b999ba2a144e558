//! The metrics of the adapter.

use std::fmt;

use prometheus_client::{
    collector::Collector,
    encoding::{DescriptorEncoder, EncodeMetric},
    metrics::{MetricType, gauge::ConstGauge},
    registry::Registry,
};
use sqlx::PgPool;

use crate::store::Postgres;

impl Postgres {
    /// Adds the metrics of a bridge to `registry`.
    pub fn register_bridge_metrics(&self, registry: &mut Registry) {
        self.bridge.register(registry);
    }

    /// Adds the metrics of the store to `registry`.
    pub fn register_metrics(&self, registry: &mut Registry) {
        registry.register(
            "database_batch_messages",
            "Messages that one statement committed",
            self.writer.batch_sizes(),
        );
        if let Some(replica) = &self.replica {
            replica.register_metrics(registry);
        }
        registry.register_collector(Box::new(Connections(self.pool.clone())));
    }
}

/// The connections of the pool, counted when the metrics are read.
struct Connections(PgPool);

impl fmt::Debug for Connections {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Connections")
    }
}

impl Collector for Connections {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        let all = i64::from(self.0.size());
        let idle = i64::try_from(self.0.num_idle())
            .unwrap_or(i64::MAX)
            .min(all);
        let mut encoder = encoder.encode_descriptor(
            "database_connections",
            "Connections of the pool, by what they do",
            None,
            MetricType::Gauge,
        )?;
        for (state, connections) in [("idle", idle), ("used", all - idle)] {
            let labels = [("state", state)];
            ConstGauge::new(connections).encode(encoder.encode_family(&labels)?)?;
        }
        Ok(())
    }
}
