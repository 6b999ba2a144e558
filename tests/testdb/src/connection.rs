//! Connections to a server, with a time limit.

use std::{error::Error, time::Duration};

use sqlx::{Connection, PgConnection};

/// Anything that went wrong between a test and its server.
pub(crate) type Failure = Box<dyn Error + Send + Sync>;

/// The longest wait for a connection.
pub(crate) const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// A connection to `url`, or the reason why there is none within [`CONNECT_TIMEOUT`].
pub(crate) async fn connect(url: &str) -> Result<PgConnection, Failure> {
    Ok(tokio::time::timeout(CONNECT_TIMEOUT, PgConnection::connect(url)).await??)
}
