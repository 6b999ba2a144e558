//! The laws of every relay, on two instances at one server, at two, and at one that takes
//! short messages only.

#![allow(clippy::expect_used, reason = "all of this is a test")]

use std::time::Duration;

use aftermatch_nats::{Nats, Options};
use aftermatch_ports::{Interest, Relay, laws::RelaySubject, model::Timestamp};
use aftermatch_testdb::NatsServer;
use async_trait::async_trait;
use time::OffsetDateTime;
use tokio::time::sleep;

mod at_one_server {
    use super::*;

    aftermatch_ports::laws::relay_laws!(AtServers<1, 1_048_576>);
}

mod at_two_servers {
    use super::*;

    aftermatch_ports::laws::relay_laws!(AtServers<2, 1_048_576>);
}

mod at_server_with_short_messages {
    use super::*;

    aftermatch_ports::laws::relay_laws!(AtServers<1, 8_192>);
}

/// Rooms and brands are spread over this many servers, which take messages of so many bytes.
struct AtServers<const N: usize, const MAX_PAYLOAD: usize> {
    instances: [Nats; 2],
    _servers: Vec<NatsServer>,
}

#[async_trait]
impl<const N: usize, const MAX_PAYLOAD: usize> RelaySubject for AtServers<N, MAX_PAYLOAD> {
    async fn connected() -> Self {
        let mut servers = Vec::new();
        for _ in 0..N {
            let config = format!("max_payload: {MAX_PAYLOAD}");
            servers.push(NatsServer::start_with(&config).await);
        }
        let options = Options {
            servers: servers.iter().map(NatsServer::url).collect(),
            credentials: None,
        };
        let instance = async || Nats::new(&options, "test").await.expect("a relay");
        Self {
            instances: [instance().await, instance().await],
            _servers: servers,
        }
    }

    fn instances(&self) -> [&dyn Relay; 2] {
        self.instances
            .each_ref()
            .map(|instance| instance as &dyn Relay)
    }

    fn interests(&self) -> [&dyn Interest; 2] {
        self.instances
            .each_ref()
            .map(|instance| instance as &dyn Interest)
    }

    fn moment(millis: i64) -> Timestamp {
        (OffsetDateTime::UNIX_EPOCH + time::Duration::milliseconds(millis)).into()
    }

    async fn pause(&self) {
        sleep(Duration::from_millis(5)).await;
    }
}
