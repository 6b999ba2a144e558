//! The metrics of the adapter.

use std::{fmt, sync::Arc};

use prometheus_client::{
    collector::Collector,
    encoding::{DescriptorEncoder, EncodeMetric},
    metrics::{MetricType, gauge::ConstGauge},
    registry::{Registry, Unit},
};

use crate::{Nats, server::Server};

impl Nats {
    /// Adds the metrics of the relay to `registry`.
    pub fn register_metrics(&self, registry: &mut Registry) {
        registry.register_collector(Box::new(Servers(self.servers.clone())));
    }
}

/// The servers, as they are when the metrics are read.
struct Servers(Vec<Arc<Server>>);

impl fmt::Debug for Servers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Servers")
    }
}

impl Collector for Servers {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        let mut up = encoder.encode_descriptor(
            "relay_up",
            "Whether there is a connection to the NATS server, by its place in the list",
            None,
            MetricType::Gauge,
        )?;
        for (nth, server) in self.0.iter().enumerate() {
            let labels = [("server", nth.to_string())];
            let value = i64::from(server.is_up());
            ConstGauge::new(value).encode(up.encode_family(&labels)?)?;
        }
        let mut age = encoder.encode_descriptor(
            "relay_last_event_age",
            "Since when nothing has come from other processes, by the place of the server",
            Some(&Unit::Seconds),
            MetricType::Gauge,
        )?;
        for (nth, server) in self.0.iter().enumerate() {
            let last = *server.last_message.lock();
            if let Some(last) = last {
                let labels = [("server", nth.to_string())];
                let value = last.elapsed().as_secs_f64();
                ConstGauge::new(value).encode(age.encode_family(&labels)?)?;
            }
        }
        Ok(())
    }
}
