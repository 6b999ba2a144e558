//! What the adapter counts.

use std::fmt;

use prometheus_client::{
    collector::Collector,
    encoding::{DescriptorEncoder, EncodeMetric},
    metrics::{MetricType, gauge::ConstGauge},
    registry::Registry,
};
use sqlx::PgPool;

use crate::Postgres;

/// Upper bounds of the number of messages that went into one statement.
pub(crate) const BATCHES: [f64; 9] = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0];

impl Postgres {
    /// Shows `registry` what is counted here.
    pub fn register_metrics(&self, registry: &mut Registry) {
        registry.register(
            "database_batch_messages",
            "Messages that were kept by one statement",
            self.writer.batches(),
        );
        registry.register_collector(Box::new(Connections(self.pool.clone())));
    }
}

/// The connections of the pool, counted when somebody asks.
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
