//! What happened at other processes and is in no log.

use std::convert::Infallible;

use crate::Ports;

/// Delivers signals of other processes, for as long as it is polled.
pub async fn run(ports: &Ports) -> Infallible {
    loop {
        for signal in ports.relay.signals().await {
            ports.signals.receive(signal);
        }
    }
}
