//! Texts that were replaced or deleted stay for a while, then they are purged.

use std::time::Duration;

use aftermatch_ports::StoreError;

use crate::Ports;

/// Purges what is older than `keep`, the texts of at most `step` events. Returns
/// whether there is more.
///
/// # Errors
/// The store cannot be reached, or the step took too long: try again later.
pub async fn purge(ports: &Ports, keep: Duration, step: usize) -> Result<bool, StoreError> {
    Ok(ports.log.purge(keep, step).await? >= step)
}
